"""What a visitor brings in a test: a zip of digits, and vectors of many points; and the hand that brings it."""

import io

import numpy as np
from playwright.sync_api import Page, expect

from featviz import ImageSet
from tests.data.hostile_archives import jpeg, zipped

MANY = 50_000
HOLIDAYS = {f"{'ab'[n % 2]}/{n:02}.jpg": jpeg(n) for n in range(12)}


def digits_zip(count: int = 36) -> bytes:
    """The first digits as PNG files, each in the folder of its class."""
    images, files = ImageSet.bundled("digits"), {}
    for row in range(count):
        data = io.BytesIO()
        images[row].image.save(data, "PNG")
        files[f"{images[row].label}/{row:02}.png"] = data.getvalue()
    return zipped(files)


def vectors_npz(vectors: np.ndarray, labels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, vectors=vectors.astype(np.float32), labels=labels.astype(str))
    return buffer.getvalue()


def many_vectors(dimensions: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """50,000 vectors in eight groups, with the group of each."""
    generator = np.random.default_rng(2)
    groups = generator.integers(0, 8, MANY)
    vectors = 5 * np.eye(8, dimensions)[groups] + generator.normal(size=(MANY, dimensions))
    return vectors.astype(np.float32), groups


def offer(page: Page, name: str, data: bytes, words: str) -> None:
    """Hand a file over in place of the set that is shown, and wait until the sidebar says what it is."""
    page.get_by_text("Upload your own").click()
    given = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    page.locator("[data-testid=stSidebar] input[type=file]").first.set_input_files(given)
    expect(page.locator("[data-testid=stSidebar]").get_by_text(words)).to_be_visible(timeout=120_000)
