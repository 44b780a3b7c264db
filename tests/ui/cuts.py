"""What is seen of texts that are too long for their room, measured in a browser."""

from io import BytesIO

from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import FloatRect, Page

LATIN = "Donau Rad und Tret Gesellschaft für Handel und Verkehr an allen Ufern der Donau"
HEBREW = "חברת השקעות ופיתוח ישראלית גדולה מאוד לשיווק והפצה של מוצרי צריכה בע״מ והבנים"
ARABIC = "مجموعة الشركات العربية المتحدة للتجارة والصناعة والمقاولات العامة والاستيراد والتصدير"

#: Where the first letter of each line stands that is seen of a text, and whether all of it is.
_LINES = """(whole) => {
  const shown = (rect) => {
    for (let box = whole; box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowX === "visible") continue;
      const room = box.getBoundingClientRect();
      if (rect.top < room.top - 1 || rect.bottom > room.bottom + 1) return false;
      if (rect.left < room.left - 1 || rect.right > room.right + 1) return false;
    }
    return true;
  };
  const rects = [...whole.textContent].map((_, at) => {
    const range = document.createRange();
    range.setStart(whole.firstChild, at);
    range.setEnd(whole.firstChild, at + 1);
    return range.getClientRects()[0];
  });
  const starts = rects.filter((rect, at) => at === 0 || rect.top > rects[at - 1].top + 4);
  return {
    starts: starts.filter((rect, at) => at === 0 || shown(rect))
      .map(({ x, y, width, height }) => ({ x, y, width, height })),
    isWhole: rects.every(shown),
  };
}"""
#: The same lines in the same places, with nothing cut.
_UNCUT = """(whole) => {
  for (let box = whole; box !== document.body; box = box.parentElement) {
    if (getComputedStyle(box).overflowX === "visible") continue;
    const { width, height } = box.getBoundingClientRect();
    Object.assign(box.style, { width: `${width}px`, height: `${height}px`, minWidth: 0, flex: "none",
      overflow: "visible", textOverflow: "clip", webkitLineClamp: "none" });
  }
}"""
_AGAIN = "() => document.querySelectorAll('[style]').forEach((box) => box.removeAttribute('style'))"


def cut(page: Page, texts: str) -> tuple[int, list[str]]:
    """How many of the texts are cut, and those of them that lose the beginning of a line."""
    cut, lost = 0, []
    for text in page.locator(texts).all():
        lines = text.evaluate(_LINES) if text.is_visible() else {"isWhole": True}
        if lines["isWhole"]:
            continue
        cut += 1
        is_cut = _seen(page, lines["starts"])
        text.evaluate(_UNCUT)
        whole = _seen(page, lines["starts"])
        page.evaluate(_AGAIN)
        if any(map(_differ, is_cut, whole)):
            lost.append(text.inner_text())
    return cut, lost


def _seen(page: Page, boxes: list[FloatRect]) -> list[Image.Image]:
    """The pictures of parts of a page."""
    shots = [page.screenshot(clip=box, full_page=True) for box in boxes]
    return [Image.open(BytesIO(shot)).convert("L") for shot in shots]


def _differ(one: Image.Image, other: Image.Image) -> bool:
    """By more than a shift of a part of a pixel, which an ellipsis brings into its line."""
    return ImageStat.Stat(ImageChops.difference(one, other)).mean[0] > 12
