"""The Compose runtime: the same services as containers of `docker-compose.yml`, driven through the `docker` command.

Two sides of one thing. On the machine that the sandbox is on, `manager` is what `up`, `down`, `status` and `logs` call,
with `engine` (the `docker` command), `project` (the containers of one home) and `images` (what they are made from)
below it. In the containers, `container` starts the service that the process runtime would start, from the same table.

All containers share one network, which is that of the container `network`. So every address is what it is outside and
in the process runtime: `http://127.0.0.1:4566`, wherever one asks from. They share one volume too, the home.

**Left out:** other engines than one on this machine, whose published ports would be elsewhere. Docker's socket is in no
container, so nothing in there starts another: what is on demand in the process runtime is a profile here.
"""
