"""What all tests share: how hypothesis searches."""

from hypothesis import settings

# The same examples in every run: a red run is red again. To search further:
# pytest --hypothesis-profile=search
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("repeatable")


def pytest_addoption(parser):
    parser.addoption(
        "--rewrite-golden", action="store_true", help="rewrite the golden figures; read the diff"
    )
