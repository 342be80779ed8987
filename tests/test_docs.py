"""What README and docs say is true: commands run, snippets run, outputs match, links lead on."""

import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from docs.generated import generated

ROOT = pathlib.Path(__file__).parent.parent
PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").glob("*.md"))]
STREAK = [sys.executable, "-c", "from engine.cli import main; main()"]
REAL_DATA = os.environ.get("STREAKLAB_REAL_DATA")


def text_of(page):
    return (ROOT / page).read_text("utf-8")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text_of(page), flags=re.M | re.S)


def commands(page):
    lines = [
        line.split("#")[0].strip() for block in blocks(page, "bash") for line in block.splitlines()
    ]
    return [line for line in lines if line]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    results, library = (tmp_path_factory.mktemp(name) for name in ("results", "library"))
    return {
        **os.environ,
        "STREAKLAB_RESULTS": str(results),
        "STREAKLAB_DATA": str(library),
    }


def streak(arguments, environment):
    return subprocess.run(
        [*STREAK, *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def demo(environment):
    """Run the demo first: `streak ls` and `streak show latest` have something to show."""
    return streak(["run", "configs/demo.yaml", "--quiet"], environment)


@pytest.mark.parametrize("page", PAGES)
def test_commands_run_in_the_order_they_stand(page, environment, demo):
    """In one test, as later commands show what earlier ones wrote."""
    named = [line for line in commands(page) if line.startswith("streak ")]
    if page == "README.md":
        assert len(named) > 8
    for command in named:
        if "FOLDER" in command and not REAL_DATA:
            continue  # needs real prices; CI has them
        words = shlex.split(command.replace("FOLDER", REAL_DATA or ""))
        done = streak(words[1:], environment)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stdout.strip(), command


def test_the_demo_prints_what_the_readme_shows(demo):
    assert demo.returncode == 0, demo.stderr
    *printed, path = demo.stdout.rstrip().split("\n")
    assert "/demo/" in path
    assert blocks("README.md", "text")[0].strip() == "\n".join(printed).strip()


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), flags=re.M))
    named = {line.split()[1] for line in commands("README.md") if line.startswith("make ")}
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_python_snippets_run(page, tmp_path):
    for snippet in blocks(page, "python"):
        script = tmp_path / "snippet.py"
        script.write_text(snippet, "utf-8")
        done = subprocess.run(
            [sys.executable, str(script)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_study_snippets_load(page, tmp_path):
    import engine as sl

    for number, snippet in enumerate(blocks(page, "yaml")):
        study = tmp_path / f"{number}.yaml"
        whole = (
            snippet
            if "name:" in snippet.splitlines()[0]
            else (f"name: snippet\ndata: {{source: simulated}}\n{snippet}")
        )
        study.write_text(whole, "utf-8")
        assert sl.load_study(study).name


def test_generated_files_are_what_the_code_says():
    stale = [name for name, text in generated().items() if text_of(name) != text]
    assert stale == [], "run: make docs"


def test_the_rule_file_in_the_docs_is_a_rule(tmp_path):
    from engine.rules.registry import rule_from_file

    (snippet,) = blocks("docs/rules.md", "python")
    path = tmp_path / "my_rule.py"
    path.write_text(snippet, "utf-8")
    assert rule_from_file(path).name == "my_rule"


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    folder = (ROOT / page).parent
    targets = re.findall(r"\]\(([^)#:]+)\)", text_of(page))
    assert [t for t in targets if not (folder / t).exists()] == []


def test_the_changelog_is_about_this_version():
    from engine.version import VERSION

    assert re.search(rf"^## (Unreleased|{re.escape(VERSION)})", text_of("CHANGELOG.md"), flags=re.M)
