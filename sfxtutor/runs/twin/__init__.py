"""The twin: runs simulated from physics and published counts alone."""
