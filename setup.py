"""What setup.cfg cannot say: corpora/ is installed inside the package, as its data."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["wordkit*"]), "wordkit.corpora"],
    package_dir={"wordkit.corpora": "corpora"},
)
