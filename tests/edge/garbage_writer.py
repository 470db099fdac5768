"""A companion gone wrong: answers what its argument says, as often as it can."""

import sys

if __name__ == "__main__":
    while True:
        sys.stdout.write(sys.argv[1])
        sys.stdout.flush()
