"""The recipe of the shipped models; see training/README.md."""
