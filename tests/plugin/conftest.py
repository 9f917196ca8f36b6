"""The wheels, built once, and environments with and without the plugin."""

from pathlib import Path

import pytest

from tests.plugin.installed import EXAMPLE, ROOT, Environment, build_wheel


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Stepwell's own, and the plugin's."""
    folder = tmp_path_factory.mktemp("wheels")
    return build_wheel(ROOT, folder), build_wheel(EXAMPLE, folder)


@pytest.fixture(scope="session")
def with_plugin(wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Stepwell and the plugin."""
    return Environment(tmp_path_factory.mktemp("with"), *wheels)


@pytest.fixture(scope="session")
def without_plugin(wheels: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Stepwell alone."""
    return Environment(tmp_path_factory.mktemp("without"), wheels[0])
