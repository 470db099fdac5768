"""The command that lists and deletes what is kept of signers, and begins and ends their consent."""
