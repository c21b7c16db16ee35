"""What people read after grading: tables in the terminal, the class overview, the feedback."""
