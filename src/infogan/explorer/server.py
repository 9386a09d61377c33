"""The page's server: a handful of addresses, and no path of a request reaches a file."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infogan.errors import UserError
from infogan.explorer.access_control import AccessControl
from infogan.explorer.model_registry import ModelRegistry

BODY_SECONDS = 60.0
"""For a request's body to arrive."""
MAX_BODY = 4 * 2**20
MAX_FILE = 20 * 2**20
"""Bytes of a picture's file; what it unpacks to is bounded by its reader."""
TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
BACKENDS = ("backend-http.js", "backend-onnx.js")

Result = TypeVar("Result")
Handler = Callable[[Request], Awaitable[Response]]


def page_files(backend: str) -> dict[str, bytes]:
    """The page's files by name, with one of the two back ends as the one it imports."""
    static = files(__package__) / "static"
    found = {path.name: path.read_bytes() for path in static.iterdir() if path.is_file()}
    found["backend.js"] = found[backend]
    return {name: content for name, content in found.items() if name not in BACKENDS}


def create_app(registry: ModelRegistry, host: str, port: int, token: str = "") -> AccessControl:
    """The whole application, guarded: the page's files, and what its back end asks for."""
    # Two lanes: pictures are drawn one after another, and slow work does not hold them up.
    quick, slow = ThreadPoolExecutor(1), ThreadPoolExecutor(1)

    async def models(_: Request) -> Response:
        return JSONResponse(await _in(quick, registry.models))

    async def images(request: Request) -> Response:
        body = await _body(request, "application/octet-stream")
        parts = await _in(quick, registry.rows, _index(request), body)
        # A single image need not wait for a whole grid: it gets its turn between two parts.
        drawn = [await _in(quick, registry.draw, _index(request), part) for part in parts]
        pixels = b"".join(each.tobytes() for each in drawn)
        return Response(pixels, media_type="application/octet-stream")

    async def codes(request: Request) -> Response:
        body = await _body(request, "application/octet-stream")
        return JSONResponse(await _in(quick, registry.read, _index(request), body))

    async def picture(request: Request) -> Response:
        body = await _body(request, "application/octet-stream", MAX_FILE)
        pixels = await _in(slow, registry.picture, _index(request), body)
        return Response(pixels, media_type="application/octet-stream")

    async def inversion(request: Request) -> Response:
        body = await _body(request, "application/octet-stream")
        found = await _in(slow, registry.invert, _index(request), body)
        return Response(found, media_type="application/octet-stream")

    async def layout(request: Request) -> Response:
        return JSONResponse((await _in(slow, registry.map, _index(request))).as_dict())

    async def layout_images(request: Request) -> Response:
        page_map = await _in(slow, registry.map, _index(request))
        return Response(page_map.images.tobytes(), media_type="application/octet-stream")

    async def words(request: Request) -> Response:
        return JSONResponse(await _in(slow, registry.words, _index(request)))

    async def names(request: Request) -> Response:
        asked = _json(await _body(request, "application/json"))
        code, value, name = asked.get("code"), asked.get("value"), asked.get("name")
        if not (isinstance(code, str) and isinstance(name, str) and _is_index(value)):
            raise UserError("needs a code, a value or null, and a name")
        await _in(quick, registry.rename, _index(request), code, value, name)
        return await models(request)

    routes = [
        Route("/api/models", models),
        Route("/api/models/{index:int}/images", images, methods=["POST"]),
        Route("/api/models/{index:int}/codes", codes, methods=["POST"]),
        Route("/api/models/{index:int}/picture", picture, methods=["POST"]),
        Route("/api/models/{index:int}/inversion", inversion, methods=["POST"]),
        Route("/api/models/{index:int}/map", layout),
        Route("/api/models/{index:int}/map/images", layout_images),
        Route("/api/models/{index:int}/words", words),
        Route("/api/models/{index:int}/names", names, methods=["PUT"]),
        *_file_routes(page_files("backend-http.js")),
    ]
    app = Starlette(routes=routes, exception_handlers={ValueError: _refused, OSError: _failed})
    return AccessControl(app, host, port, token)


def _file_routes(content: dict[str, bytes]) -> list[Route]:
    """One address a file, each answered from memory."""

    def answer(name: str) -> Handler:
        kind = TYPES[name.rpartition(".")[2]]

        async def send(_: Request) -> Response:
            return Response(content[name], headers={"Content-Type": kind})

        return send

    routes = [Route(f"/{name}", answer(name)) for name in content]
    return [Route("/", answer("index.html")), *routes]


async def _in(lane: ThreadPoolExecutor, work: Callable[..., Result], *args: Any) -> Result:
    return await asyncio.get_running_loop().run_in_executor(lane, partial(work, *args))


async def _body(request: Request, kind: str, most: int = MAX_BODY) -> bytes:
    """A request's body, refused by its kind first and then before it is too long."""
    if request.headers.get("content-type", "").split(";")[0] != kind:
        raise HTTPException(415, f"needs {kind}")
    parts, length = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                length += len(part)
                if length > most:
                    raise HTTPException(413, f"more than {most} bytes")
                parts.append(part)
    except TimeoutError:
        raise HTTPException(408, f"not there within {BODY_SECONDS:g} seconds") from None
    except ClientDisconnect:
        raise HTTPException(400, "cut short") from None  # nobody is there to hear it
    return b"".join(parts)


def _json(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UserError("needs a JSON object")
    return content


def _index(request: Request) -> int:
    return int(request.path_params["index"])


def _is_index(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


async def _refused(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": " ".join(str(error).split())}, 400)


async def _failed(_: Request, error: Exception) -> Response:
    # Of a failing disk the page is told the kind of trouble, not the paths.
    reason = getattr(error, "strerror", None) or type(error).__name__
    return JSONResponse({"error": f"the files could not be read or written ({reason})"}, 500)
