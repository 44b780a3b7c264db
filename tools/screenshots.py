"""Make the README's pictures: a small demo in a home of its own, looked at with a real browser."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.chromium import find

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
LOGIN = re.compile(r"^\s+(partner|manager|admin)\s+(\S+@\S+)\s+(\S+)")

#: Name of the picture, who looks, where, how large, and in which colours.
SHOTS = (
    ("home-phone", "partner", "/", PHONE, "light"),
    ("home-phone-dark", "partner", "/", PHONE, "dark"),
    ("board-desktop", "partner", "/leaderboards/sales", DESKTOP, "light"),
    ("earnings-phone", "partner", "/earnings/", PHONE, "light"),
    ("mission-desktop", "partner", "/missions/", DESKTOP, "light"),
    ("console-desktop", "manager", "/console/", DESKTOP, "light"),
)


@contextmanager
def demo(home: Path, port: int) -> Iterator[dict[str, tuple[str, str]]]:
    """A running demo; its log-ins by role."""
    environment = os.environ | {"ENGAGE_HOME": str(home), "ENGAGE_PORT": str(port)}
    command = [str(ROOT / ".venv/bin/engage"), "demo", "--partners", "300"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        logins: dict[str, tuple[str, str]] = {}
        assert process.stdout is not None
        for line in process.stdout:
            if found := LOGIN.match(line):
                logins[found[1]] = (found[2], found[3])
            if "Ctrl-C" in line:
                break
        if not logins:
            raise SystemExit("screenshots: the demo did not start")
        yield logins
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def signed_in(browser: Browser, address: str, login: tuple[str, str], **look: object) -> Page:
    page = browser.new_context(base_url=address, device_scale_factor=1.5, **look).new_page()  # type: ignore[arg-type]
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(login[0])
    page.get_by_label("Password", exact=True).fill(login[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    port = int(os.environ.get("ENGAGE_PORT", "8123"))
    with (
        tempfile.TemporaryDirectory() as home,
        demo(Path(home), port) as logins,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-background-networking"]
        )
        for name, role, path, size, scheme in SHOTS:
            page = signed_in(
                browser,
                f"http://127.0.0.1:{port}",
                logins[role],
                viewport=size,
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            page.goto(path)
            page.wait_for_load_state("load")
            if name == "earnings-phone":
                page.locator("details summary", has_text="Sale to").first.click()
            page.screenshot(path=PICTURES / f"{name}.png")
            page.context.close()
            print(f"docs/pictures/{name}.png", file=sys.stderr)
        browser.close()
    still = ["video", "still", "recap", "--at", "8", "--out", str(PICTURES / "recap.png")]
    subprocess.run([ROOT / ".venv/bin/engage", *still], check=True)


if __name__ == "__main__":
    main()
