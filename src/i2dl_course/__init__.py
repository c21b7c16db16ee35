"""The `course` command. Its rooms, and what each may touch: docs/architecture.md."""
