"""Information of a device for whoever repairs it: findings of the doctor, recent log lines, a support bundle.

The checks themselves are in `edge/doctor/`, a program of its own; the daemon starts it at low priority.
"""
