"""What leaves the pipeline: records in the formats that outside programs rely on."""
