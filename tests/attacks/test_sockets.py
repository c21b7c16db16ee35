"""Connects to a service on the same machine, listens, and asks for a name on the network.

Why it might work: a database without a password, or a notebook server, listens on many machines.
It must get: an error for each; there is no network.
"""

from attacks.arena import forger


def test_no_socket_is_to_be_had(arena):
    verdicts = arena.attack(
        forger("""
        import socket
        report = tries(
            lambda: socket.socket(), lambda: socket.socket(socket.AF_UNIX),
            lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
            lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
            lambda: socket.socketpair(), lambda: socket.create_server(("", 0)),
            lambda: socket.create_connection(("127.0.0.1", 22), 1),
            lambda: socket.getaddrinfo("example.org", 80))
    """)
    )
    assert "8 ways, got []" in verdicts["affine_forward"].says
