"""A worker process that misbehaves: writes its argument to standard output as often as it can."""

import sys

if __name__ == "__main__":
    while True:
        sys.stdout.write(sys.argv[1])
        sys.stdout.flush()
