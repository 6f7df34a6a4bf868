"""Image sets in a real browser: a zip that is uploaded, its thumbnails by address, and a second visitor."""

from playwright.sync_api import Page, expect

from tests.browser.own_files import HOLIDAYS
from tests.data.hostile_archives import bomb, zipped


def settled(page: Page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)


def bring(page: Page, name: str, data: bytes) -> None:
    settled(page)
    page.get_by_text("Upload your own").click()
    given = {"name": name, "mimeType": "application/zip", "buffer": data}
    page.locator("[data-testid=stSidebar] input[type=file]").first.set_input_files(given)


def test_a_zip_becomes_the_set_and_its_thumbnails_are_served_to_who_knows_the_address(
    new_page, url: str
) -> None:
    mine, other = new_page(), new_page()
    fetched: list[str] = []
    mine.on("response", lambda each: fetched.append(each.url) if "/thumbnails/" in each.url else None)
    mine.goto(f"{url}/embeddings?model=digits-cnn&set=photos")
    bring(mine, "pets.zip", zipped(HOLIDAYS))
    expect(mine.get_by_text("12 images, 2 classes")).to_be_visible(timeout=60_000)
    expect(mine.get_by_role("combobox", name="Image set")).to_have_value("Yours: pets.zip")
    mine.get_by_role("radio", name="Thumbnails").click()
    mine.wait_for_function(
        "() => performance.getEntriesByType('resource').some(e => e.name.includes('/thumbnails/'))",
        timeout=60_000,
    )
    token = fetched[0].split("/thumbnails/")[1].split("/")[0]
    one = mine.request.get(f"{url}/thumbnails/{token}/11")
    assert (one.status, one.headers["content-type"]) == (200, "image/webp")
    assert mine.request.get(f"{url}/thumbnails/{token}/12").status == 404
    assert mine.request.get(f"{url}/thumbnails/{'0' * 64}/0").status == 404

    other.goto(f"{url}/embeddings?model=digits-cnn&set=photos")
    settled(other)
    other.get_by_role("combobox", name="Image set").click()
    expect(other.get_by_role("option", name="Folder holidays")).to_be_visible()
    expect(other.get_by_role("option", name="pets.zip")).to_have_count(0)


def test_a_bomb_is_refused_and_the_page_goes_on(page: Page, url: str) -> None:
    page.goto(f"{url}/embeddings?model=digits-cnn&set=photos")
    bring(page, "bomb.zip", bomb())
    alert = page.locator("[data-testid=stSidebar] [role=alert]")
    expect(alert).to_be_visible(timeout=60_000)
    expect(page.get_by_text("14 images", exact=True)).to_be_visible()
