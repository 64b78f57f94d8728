"""Constants of nature that turn one unit into another."""

HC = 12398.419843  # eV Å: photon energy times wavelength
JOULE = 1.602176634e-19  # J per eV
