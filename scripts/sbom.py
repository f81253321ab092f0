"""Writes what the packed program consists of as CycloneDX 1.6 JSON: sbom.py TREE VERSION, or checks one: sbom.py --check FILE.

TREE is a staged installation (bin/penstock, lib/penstock). Parts: Swift packages (Package.resolved, licences from
.build/checkouts), what those carry of others, the Swift libraries packed beside the program, the libraries of the system that it
is linked to or opens when a plugin needs them (versions of the machine that packed, from dpkg), what the dashboard draws with.
A part whose licence is not known, and a library that is opened and not listed here, is a fault. Same input, same bytes.
"""

import datetime
import glob
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid

# SPDX expressions of packages of the system that have no machine-readable copyright file.
SYSTEM = {
    "libc6": "LGPL-2.1-or-later", "libcurl4": "curl", "libcurl4t64": "curl", "libgcc-s1": "GPL-3.0-or-later WITH GCC-exception-3.1",
    "libstdc++6": "GPL-3.0-or-later WITH GCC-exception-3.1", "libsqlite3-0": "blessing", "libyaml-0-2": "MIT", "zlib1g": "Zlib",
}
# Opened when a plugin is used that needs them; the program runs without: Debian's package, SPDX, what opens it.
OPENED = {
    "pq": ("libpq5", "PostgreSQL", "sink/postgres"),
    "rdkafka": ("librdkafka1", "BSD-2-Clause", "provider/kafka, sink/kafka"),
    "svm": ("libsvm3", "BSD-3-Clause", "model/svm"),
    "xgboost": ("libxgboost0", "Apache-2.0", "model/xgboost, model/random_forest"),
    "_lightgbm": (None, "MIT", "model/gradient_boosting"),
    "onnxruntime": (None, "MIT", "model/onnx"),
}
DASHBOARD = {
    "preact-htm.js": [("preact", "10.27.2", "MIT"), ("htm", "3.1.1", "Apache-2.0")],
    "lightweight-charts.js": [("lightweight-charts", "5.2.0", "Apache-2.0")],
    "uplot.js": [("uplot", "1.6.18", "MIT")],
}
SWIFT = "Apache-2.0 WITH Swift-exception"


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def digest(path):
    with open(path, "rb") as file:
        return [{"alg": "SHA-256", "content": hashlib.sha256(file.read()).hexdigest()}]


def fail(message):
    sys.exit(f"sbom: {message}")


def part(name, version, expression, ref, kind="library", **more):
    """A component; `expression` is one of SPDX, or a list of names as a copyright file has them."""
    licences = (
        [{"expression": expression}] if isinstance(expression, str) else [{"license": {"name": name}} for name in expression]
    )
    if not licences:
        fail(f"the licence of '{name}' is not known. Add it to scripts/sbom.py.")
    return {"type": kind, "bom-ref": ref, "name": name, **({"version": version} if version else {}), "licenses": licences, **more}


def licence_of(folder):
    files = [path for path in glob.glob(f"{folder}/LICENSE*") if os.path.isfile(path)]
    text = open(files[0], encoding="utf-8").read() if files else ""
    if "Apache License" in text:
        return SWIFT if "Runtime Library Exception" in text else "Apache-2.0"
    return "MIT" if "Permission is hereby granted, free of charge" in text else ""


def swift_packages():
    with open("Package.resolved", encoding="utf-8") as file:
        pins = json.load(file)["pins"]
    folders = {os.path.basename(path).lower(): path for path in glob.glob(".build/checkouts/*")}
    for pin in pins:
        place = pin["location"].removeprefix("https://").removesuffix(".git")
        folder = folders.get(os.path.basename(place).lower()) or fail(f"'{pin['identity']}' is not in .build/checkouts. Run: swift build")
        version, purl = pin["state"]["version"], f"pkg:swift/{place}@{pin['state']['version']}"
        yield part(
            pin["identity"], version, licence_of(folder) or [], purl, purl=purl,
            externalReferences=[{"type": "vcs", "url": pin["location"]}],
            properties=[{"name": "penstock:revision", "value": pin["state"]["revision"]}])


def carried():
    """BoringSSL, whose sources two packages carry."""
    for path in sorted(glob.glob(".build/checkouts/*/Sources/*BoringSSL/hash.txt")):
        package = path.split("/")[2]
        found = re.search(r"revision ([0-9a-f]{40})", open(path, encoding="utf-8").read())
        revision = found.group(1) if found else fail(f"{path} names no revision.")
        yield part(
            "boringssl", revision, "Apache-2.0 AND OpenSSL AND ISC AND MIT", f"boringssl@{revision}#{package}",
            properties=[{"name": "penstock:carried-by", "value": package}])


def swift_libraries(tree):
    version = re.search(r"Swift version ([^ ]+)", output("swift", "-print-target-info") or "")
    version = version.group(1) if version else fail("`swift -print-target-info` names no version.")
    own = {"libPluginKit.so"}
    for path in sorted(glob.glob(f"{tree}/lib/penstock/*.so*")):
        name = os.path.basename(path)
        if name in own:
            continue
        licence = f"({SWIFT}) AND Unicode-3.0" if "ICU" in name else SWIFT
        yield part(name, version, licence, f"swift-runtime/{name}@{version}", hashes=digest(path))


def system_part(package, expression=None, **more):
    version = output("dpkg-query", "--show", "--showformat=${Version}", package) or None
    expression = expression or SYSTEM.get(package) or copyright_names(package)
    purl = f"pkg:deb/debian/{package.replace('+', '%2B')}" + (f"@{version.replace('+', '%2B').replace(':', '%3A')}" if version else "")
    return part(package, version, expression, purl, purl=purl, **more)


def copyright_names(package):
    try:
        text = open(f"/usr/share/doc/{package}/copyright", encoding="utf-8", errors="replace").read()
    except OSError:
        return []
    names = sorted({name.strip() for name in re.findall(r"^License:[ \t]*(\S[^\n]*)", text, re.MULTILINE)})
    return names or [f"see /usr/share/doc/{package}/copyright"]


def linked(tree):
    """The packages of the system that hold what the program is linked to, by themselves or through another."""
    files = re.findall(r"=> (/\S+)", output("ldd", f"{tree}/bin/penstock"))
    packages = set()
    for file in files:
        if not os.path.realpath(file).startswith(os.path.realpath(tree)):
            owner = output("dpkg", "--search", os.path.realpath(file)) or output("dpkg", "--search", os.path.realpath(file).removeprefix("/usr"))
            packages.add(owner.split(":")[0] if owner else fail(f"no package of the system has {file}."))
    return [system_part(package) for package in sorted(packages)]


def opened():
    found = set()
    for path in glob.glob("Sources/**/*.swift", recursive=True) + glob.glob("Sources/**/*.[ch]", recursive=True):
        found |= set(re.findall(r'"lib([A-Za-z0-9_+-]+)\.so[.0-9]*"', open(path, encoding="utf-8").read()))
    unknown = found - set(OPENED) - {"swiftCore"}
    if unknown:
        fail(f"the program opens {', '.join(sorted(unknown))}, of which nothing is known. Add it to OPENED in scripts/sbom.py.")
    for name, (package, expression, who) in sorted(OPENED.items()):
        more = {"scope": "optional", "properties": [{"name": "penstock:opened-by", "value": who}]}
        yield system_part(package, expression, **more) if package else part(f"lib{name}", None, expression, f"lib{name}", **more)


def dashboard(tree):
    for file, parts in sorted(DASHBOARD.items()):
        path = f"{tree}/share/penstock/dashboard/libraries/{file}"
        for name, version, expression in parts if os.path.exists(path) else []:
            purl = f"pkg:npm/{name}@{version}"
            yield part(name, version, expression, purl, purl=purl, hashes=digest(path))


def write(tree, version):
    own = part("penstock", version, "Apache-2.0", f"penstock@{version}", "application", hashes=digest(f"{tree}/bin/penstock"))
    parts = [*swift_packages(), *carried(), *swift_libraries(tree), *linked(tree), *opened(), *dashboard(tree)]
    stamp = datetime.datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), datetime.timezone.utc)
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": {"timestamp": stamp.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": own},
        "components": parts,
        "dependencies": [{"ref": own["bom-ref"], "dependsOn": sorted(part["bom-ref"] for part in parts)}],
    }
    bom["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom, sort_keys=True))}"
    print(json.dumps(bom, indent=1, sort_keys=True))


def check(path):
    """Holds a file to CycloneDX's own schema, where its library is here."""
    text = open(path, encoding="utf-8").read()
    try:
        from cyclonedx.schema import SchemaVersion
        from cyclonedx.validation.json import JsonStrictValidator
    except ImportError:
        print("sbom: not held to the schema, the validator is not here. Run scripts/check-deploy.sh once.")
        return
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault:
        fail(f"{path} is no CycloneDX 1.6: {str(fault)[:400]}")
    bom = json.loads(text)
    print(f"sbom: {len(bom['components'])} parts, each with its licence; valid CycloneDX 1.6.")


if sys.argv[1] == "--check":
    check(sys.argv[2])
else:
    write(sys.argv[1], sys.argv[2])
