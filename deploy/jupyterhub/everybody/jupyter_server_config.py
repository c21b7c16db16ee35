"""For the servers of all."""

c = get_config()  # noqa: F821  (Jupyter provides it)

# By files that are closed to others: to ports of a shared machine everybody may connect, and what a
# kernel prints is sent to whoever does.
c.KernelManager.transport = "ipc"
