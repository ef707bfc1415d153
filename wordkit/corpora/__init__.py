"""What is known of datasets that others publish: `manifest.toml`, and none of their text."""
