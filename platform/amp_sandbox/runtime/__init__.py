"""The process runtime: starts, watches and stops the sandbox's services, with supervisord as the process
manager.

`services` is the one table of what runs; `up`, `down`, `status`, `logs` and `reset` are what the commands of
the same names do. Everything a sandbox writes is below its home (see `amp_sandbox.paths`):

- `run/` supervisord's configuration, pid and socket, and what is recorded of the running sandbox;
- `logs/` one file for each service, rotated at 10 MB; `*.previous` is the run before;
- `state/<service>/` what each service keeps.

**Left out:** containers. Isolation between the services is that of processes of one user.
"""
