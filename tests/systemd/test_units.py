import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import reverie

ROOT = Path(__file__).parents[2]
MANAGER = Path(__file__).with_name("private_manager.sh")
NAMESPACES_MISSING = 77

pytestmark = pytest.mark.real


def make(target: str, **variables: str | Path) -> subprocess.CompletedProcess[str]:
    assignments = [f"{name}={value}" for name, value in variables.items()]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "--no-print-directory", "-C", str(ROOT), target, *assignments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    return install_files(tmp_path)


def install_files(prefix: Path) -> Path:
    """A prefix with everything but the Python environment, for which a stand-in is enough."""
    done = make("install-files", PREFIX=prefix, SYSCONFDIR=prefix / "etc")
    assert done.returncode == 0, done.stderr
    program = prefix / "bin" / "reverie"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return prefix


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing: apt install systemd")
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def unit(prefix: Path) -> Path:
    return prefix / "lib" / "systemd" / "system" / "reverie.service"


def test_the_installed_unit_says_nothing_that_systemd_does_not_understand(installed: Path) -> None:
    verified = analyze("verify", "--man=no", "--recursive-errors=one", str(unit(installed)))
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_prefix_with_a_blank_is_one_word_to_systemd(tmp_path: Path) -> None:
    prefix = install_files(tmp_path / "our programs")
    path = unit(prefix)
    path.write_text(re.sub("^Documentation=.*\n", "", path.read_text(), flags=re.MULTILINE))
    verified = analyze("verify", "--man=no", "--recursive-errors=one", str(path))
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_verifier_would_have_complained(installed: Path) -> None:
    path = unit(installed)
    path.write_text(path.read_text().replace("WatchdogSec=", "WatchdogSecs="))
    assert analyze("verify", "--man=no", "--recursive-errors=one", str(path)).returncode != 0


def test_a_start_that_took_too_long_was_a_wish_to_end(installed: Path) -> None:
    assert "\nTimeoutStartFailureMode=abort\n" in unit(installed).read_text()


def test_the_service_is_closed_as_far_as_music_allows(installed: Path) -> None:
    """Of 100; what is still open, and why, stands in docs/explanation/threat-model.md."""
    rated = analyze("security", "--offline=true", "--threshold=15", "--no-pager", str(unit(installed)))
    assert rated.returncode == 0, rated.stdout


def test_the_rating_would_have_complained(installed: Path) -> None:
    path = unit(installed)
    path.write_text(path.read_text().replace("PrivateUsers=yes\n", ""))
    rated = analyze("security", "--offline=true", "--threshold=15", "--no-pager", str(path))
    assert rated.returncode != 0


NOBODY, AUDIO = "12345", 29


def in_a_users_namespace(group: int, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command as with the unit's PrivateUsers=: as somebody whose other group has no name there."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root, and setpriv: apt install util-linux")
    somebody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", f"--groups={group}", "--no-new-privs"]
    return subprocess.run(
        [*somebody, "unshare", "--user", "--map-current-user", *command], capture_output=True, text=True, check=False
    )


@pytest.fixture
def card() -> Iterator[Path]:
    """A device that only root and its group may open, as sound cards are, in a folder that anybody may enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    path = folder / "card"
    os.mknod(path, 0o660 | stat.S_IFCHR, os.makedev(1, 3))
    os.chown(path, 0, AUDIO)
    path.chmod(0o660)
    yield path
    shutil.rmtree(folder)


def test_a_service_in_a_namespace_of_users_still_has_the_groups_devices(card: Path) -> None:
    opened = in_a_users_namespace(AUDIO, "dd", "if=/dev/zero", f"of={card}", "count=1")
    assert opened.returncode == 0, opened.stderr
    assert "Permission denied" in in_a_users_namespace(AUDIO + 1, "dd", "if=/dev/zero", f"of={card}", "count=1").stderr


def test_no_placeholder_is_left(installed: Path) -> None:
    text = unit(installed).read_text()
    assert f'ExecStart="{installed}/bin/reverie" run --config "{installed}/etc/reverie/reverie.yaml"' in text
    assert not re.search(r"@[A-Z]+@", text)


def test_the_unit_names_a_page_that_is_installed(installed: Path) -> None:
    page = re.search(r"^Documentation=file:(.+)$", unit(installed).read_text(), re.MULTILINE)
    assert page is not None
    assert "Installing" in Path(page[1]).read_text()


def test_every_link_of_an_installed_page_leads_to_what_is_installed(installed: Path) -> None:
    pages = sorted((installed / "share/doc/reverie").rglob("*.md"))
    links = [(page, link) for page in pages for link in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", page.read_text())]
    assert len(links) > len(pages)
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_the_unit_grants_more_descriptors_than_strangers_are_let_have(installed: Path) -> None:
    limit = re.search(r"^LimitNOFILE=(\d+)$", unit(installed).read_text(), re.MULTILINE)
    assert limit is not None
    assert int(limit[1]) >= 8192


def test_systemd_understands_the_user_and_the_folders(installed: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-sysusers") is None or shutil.which("systemd-tmpfiles") is None:
        pytest.skip("systemd-sysusers or systemd-tmpfiles is missing: apt install systemd")
    root = tmp_path / "machine"
    (root / "etc").mkdir(parents=True)
    (root / "var" / "lib").mkdir(parents=True)
    for tool, file in (
        (["systemd-sysusers"], "sysusers.d"),
        (["systemd-tmpfiles", "--create"], "tmpfiles.d"),
    ):
        configuration = installed / "lib" / file / "reverie.conf"
        done = subprocess.run(
            [*tool, f"--root={root}", str(configuration)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert re.search(r"^reverie:.*:/var/lib/reverie:", (root / "etc" / "passwd").read_text(), re.MULTILINE)
    assert re.search(r"^audio:.*\breverie$", (root / "etc" / "group").read_text(), re.MULTILINE)
    assert (root / "var" / "lib" / "reverie").is_dir()


def test_a_configuration_that_was_edited_survives_the_next_installation(installed: Path) -> None:
    configuration = installed / "etc" / "reverie" / "reverie.yaml"
    shipped = configuration.read_bytes()
    assert make("install-files", PREFIX=installed, SYSCONFDIR=installed / "etc").returncode == 0
    assert not configuration.with_name("reverie.yaml.new").exists()
    configuration.write_text("scene: mine\n")
    done = make("install-files", PREFIX=installed, SYSCONFDIR=installed / "etc")
    assert done.returncode == 0
    assert "Kept" in done.stdout
    assert configuration.read_text() == "scene: mine\n"
    assert configuration.with_name("reverie.yaml.new").read_bytes() == shipped


def test_uninstalling_takes_what_was_installed_and_leaves_what_was_written(tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    assert make("install-files", DESTDIR=stage).returncode == 0
    (stage / "etc" / "reverie" / "scenes" / "mine.yaml").write_text("name: mine\n")
    done = make("uninstall", DESTDIR=stage)
    assert done.returncode == 0, done.stderr
    assert "are left" in done.stdout
    left = {str(path.relative_to(stage)) for path in stage.rglob("*") if path.is_file()}
    assert left == {"etc/reverie/reverie.yaml", "etc/reverie/scenes/mine.yaml"}


@pytest.mark.timeout(600)
def test_what_was_staged_works_where_it_ends_up(tmp_path: Path) -> None:
    stage, final = tmp_path / "stage", tmp_path / "final"
    done = make("install", DESTDIR=stage, PREFIX=final, EXTRAS="")
    assert done.returncode == 0, done.stdout + done.stderr
    staged = stage / final.relative_to("/")
    staged.rename(final)
    assert (final / "lib" / "reverie" / "current").readlink() == Path("releases/1")
    for script in (final / "lib" / "reverie" / "venv" / "bin").iterdir():
        if script.is_file() and not script.is_symlink() and not script.name.startswith("activate"):
            assert str(stage).encode() not in script.read_bytes(), script
    helped = subprocess.run([final / "bin" / "reverie", "--help"], capture_output=True, text=True, check=False, cwd="/")
    assert helped.returncode == 0, helped.stderr
    assert "usage" in helped.stdout.lower()
    (package,) = (final / "lib" / "reverie" / "venv" / "lib").glob("python3.*/site-packages/reverie")
    source = ROOT / "daemon" / "reverie"
    for module in source.rglob("*.py"):  # not a wheel of an earlier state, of which uv keeps one
        assert (package / module.relative_to(source)).read_bytes() == module.read_bytes(), module


@pytest.mark.timeout(120)
def test_systemd_kills_and_restarts_a_daemon_that_no_longer_says_it_is_well(tmp_path: Path) -> None:
    paths = os.pathsep.join([str(ROOT / "tests"), str(Path(reverie.__file__).parents[1])])
    (tmp_path / "dummy.service").write_text(
        "[Unit]\nStartLimitIntervalSec=0\n"
        "[Service]\nType=notify\nNotifyAccess=main\nWatchdogSec=1\nRestart=always\nRestartSec=1\n"
        f"Environment=PYTHONPATH={paths}\n"
        f"ExecStart={sys.executable} -m fakes.notifying_daemon 3\n"
    )
    show = "systemctl --user show dummy --property"
    script = (
        "systemctl --user start dummy && echo started\n"
        f"{show} ActiveState,StatusText,NRestarts\n"
        f"for _ in $(seq 400); do [ $({show} Result --value) = watchdog ] && echo barked && break; sleep 0.05; done\n"
        f"for _ in $(seq 400); do [ $({show} ActiveState --value) = active ] && break; sleep 0.05; done\n"
        f"{show} ActiveState,NRestarts\n"
        "systemctl --user stop dummy\n"
    )
    ran = subprocess.run(
        [MANAGER, tmp_path, "bash", "-c", script], capture_output=True, text=True, check=False, timeout=90
    )
    if ran.returncode == NAMESPACES_MISSING:
        pytest.skip(f"no private systemd here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stderr
    _, started, restarted = (states(part) for part in re.split(r"(?:started|barked)\n", ran.stdout))
    assert started == {"ActiveState": "active", "StatusText": "Playing first-light.", "NRestarts": "0"}
    assert restarted == {"ActiveState": "active", "NRestarts": "1"}


def states(output: str) -> dict[str, str]:
    """The answer of ``systemctl show``."""
    return dict(re.findall(r"^(\w+)=(.*)$", output, re.MULTILINE))


def test_the_service_is_reloaded_without_tokens(tmp_path: Path) -> None:
    """Where credentials are named and none is there, systemd 252 has no namespace for ``ExecReload``."""
    said = (ROOT / "systemd" / "reverie.service").read_text()
    loads = re.findall(r"^LoadCredential.*$", said, re.MULTILINE)
    lines = ["[Service]", *loads, "ProtectSystem=strict", "ExecStart=/bin/sleep 60", "ExecReload=/bin/true"]
    (tmp_path / "tokens.service").write_text("\n".join(lines) + "\n")
    both = "systemctl --user start tokens.service && systemctl --user reload tokens.service && echo reloaded"
    ran = subprocess.run(
        [MANAGER, tmp_path, "bash", "-c", both], capture_output=True, text=True, check=False, timeout=120
    )
    if ran.returncode == NAMESPACES_MISSING:
        pytest.skip(f"no private systemd here: {ran.stderr.strip()}")
    assert (ran.returncode, ran.stdout) == (0, "reloaded\n"), ran.stderr
