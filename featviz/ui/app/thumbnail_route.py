"""Thumbnails by address: small images of a set's images, one by one or many on a sheet, made once."""

from __future__ import annotations

import hashlib
import hmac
import io
import math
import secrets
import threading
import weakref
from collections.abc import Callable

import streamlit as st
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.thumbnails import thumbnail
from featviz.errors import FeatvizError
from featviz.ui.components.gallery.atlas import ATLAS_COLUMNS, ATLAS_IMAGES, ATLAS_SIDE
from featviz.ui.state.cache import THUMBNAILS
from featviz.ui.state.image_sets import ChosenSet

__all__ = ["routes", "thumbnail_address"]

_SECRET = secrets.token_bytes(32)
_IMAGES: weakref.WeakValueDictionary[str, ImageSet] = weakref.WeakValueDictionary()
_LOCK = threading.Lock()
_MAKERS = threading.BoundedSemaphore(2)
_HEADERS = {"Cache-Control": "private, max-age=86400, immutable", "X-Content-Type-Options": "nosniff"}


def thumbnail_address(chosen: ChosenSet | None) -> str | None:
    """Where the thumbnails of a set are: "/thumbnails/<token>/", to which a position is added; None without images.

    With "atlas/<page>" added it is a sheet of the images from `page * ATLAS_IMAGES` on. Only who was given
    the token finds them: it cannot be told from what the set holds.
    """
    if chosen is None or chosen.images is None:
        return None
    token = hmac.new(_SECRET, chosen.content.encode(), hashlib.sha256).hexdigest()
    with _LOCK:
        _IMAGES[token] = chosen.images
    return f"{_base()}/thumbnails/{token}/"


def routes() -> list[Route]:
    """For the server."""
    return [
        Route(f"{_base()}/thumbnails/{{token}}/{{position}}", _one, methods=["GET"]),
        Route(f"{_base()}/thumbnails/{{token}}/atlas/{{page}}", _sheet, methods=["GET"]),
    ]


def _base() -> str:
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


# Plain functions: Starlette runs them in threads, so that decoding holds nobody up.
def _one(request: Request) -> Response:
    images, position = _requested(request, "position")
    if images is None or not 0 <= position < len(images):
        return _nothing()
    return _answer((request.path_params["token"], position), lambda: thumbnail(images[position].image))


def _sheet(request: Request) -> Response:
    images, page = _requested(request, "page")
    if images is None or not 0 <= page < math.ceil(len(images) / ATLAS_IMAGES):
        return _nothing()
    return _answer((request.path_params["token"], "atlas", page), lambda: _atlas(images, page))


def _requested(request: Request, what: str) -> tuple[ImageSet | None, int]:
    """The set and the number that an address names; a number of -1 is none."""
    text = request.path_params[what]
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
    return _IMAGES.get(request.path_params["token"]), number


def _answer(key: tuple[object, ...], make: Callable[[], bytes]) -> Response:
    def encode() -> bytes:
        with _MAKERS:
            return make()

    try:
        data = THUMBNAILS.compute(("thumbnail", *key), encode, len)
    except FeatvizError:
        return _nothing()
    return Response(data, media_type="image/webp", headers=_HEADERS)


def _nothing() -> Response:
    return Response(status_code=404, headers={"Cache-Control": "no-store"})


def _atlas(images: ImageSet, page: int) -> bytes:
    """A sheet, as WebP; an image that cannot be read leaves its square empty."""
    first = page * ATLAS_IMAGES
    count = min(ATLAS_IMAGES, len(images) - first)
    rows = math.ceil(count / ATLAS_COLUMNS)
    sheet = Image.new("RGBA", (ATLAS_COLUMNS * ATLAS_SIDE, rows * ATLAS_SIDE))
    for index in range(count):
        try:
            small = images[first + index].image.convert("RGB")
        except FeatvizError:
            continue
        small.thumbnail((ATLAS_SIDE, ATLAS_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        row, column = divmod(index, ATLAS_COLUMNS)
        left = column * ATLAS_SIDE + (ATLAS_SIDE - small.width) // 2
        top = row * ATLAS_SIDE + (ATLAS_SIDE - small.height) // 2
        sheet.paste(small, (left, top))
    buffer = io.BytesIO()
    sheet.save(buffer, "WEBP", quality=80, method=0)
    return buffer.getvalue()
