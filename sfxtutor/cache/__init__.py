"""What is kept on disk so that nobody waits for it twice: prepared runs and trainings."""
