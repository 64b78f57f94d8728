"""For the beamline: a screening model, the screening of files, the scoring of a stream."""
