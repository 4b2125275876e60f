"""The bill of materials of a release, as CycloneDX 1.5."""

import hashlib
import json
import pathlib
import re
import time
import uuid

from bundle import DOCUMENTS, libraries, package_of, said

# Packages of Package.resolved that tests alone are built with.
OF_TESTS = {"yams"}


def document(program, root, version, epoch):
    """What the program is made of: Swift packages, Swift's libraries, Debian's packages."""
    components = [*swift_packages(root), *carried(program)]
    seed = json.dumps([version, sha256(program), components], sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
            "component": {
                "type": "application", "bom-ref": "eyepiece", "name": "eyepiece", "version": version,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "hashes": [{"alg": "SHA-256", "content": sha256(program)}],
            },
        },
        "components": components,
        "dependencies": [{
            "ref": "eyepiece",
            "dependsOn": [one["bom-ref"] for one in components if one.get("scope") != "excluded"]}],
    }


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def swift_packages(root):
    """The packages that are compiled into the program, at the commits that Package.resolved pins."""
    pins = json.loads((root / "Package.resolved").read_text())["pins"]
    for pin in sorted(pins, key=lambda one: one["identity"]):
        address = pin["location"].removesuffix(".git")
        version = pin["state"]["version"]
        purl = f"pkg:swift/{address.removeprefix('https://')}@{version}"
        yield {
            "type": "library", "bom-ref": purl, "name": pin["identity"], "version": version, "purl": purl,
            "scope": "excluded" if pin["identity"] in OF_TESTS else "required",
            "licenses": [{"license": {"id": "MIT" if pin["identity"] == "yams" else "Apache-2.0"}}],
            "externalReferences": [{"type": "vcs", "url": f"{address}#{pin['state']['revision']}"}],
        }


def carried(program):
    """Libraries that it is linked to, by the package that they come from, with the digests of their files."""
    packages, listed = {}, packages_of_lists()
    for name, path in libraries(program).items():
        packages.setdefault(package_of(path), []).append((name, path))
    for package, files in sorted(packages.items(), key=lambda entry: entry[0] or ""):
        component = swift_runtime() if package is None else debian_package(package)
        component["scope"] = "required"
        component["components"] = [
            {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": sha256(path)}]}
            for name, path in files]
        component["properties"] = [{
            "name": "eyepiece:linked", "value": "directly" if package in listed else "by another library"}]
        yield component


def packages_of_lists():
    """The packages that the program itself asks for, and Swift's libraries."""
    text = (pathlib.Path(__file__).parent.parent / "packages-run.txt").read_text()
    return {None, *(line.split("#")[0].strip() for line in text.splitlines())} - {""}


def swift_runtime():
    match = re.search(r"Swift version (\S+)", said("swift", "--version"))
    version = match[1] if match else "unknown"
    return {
        "type": "library", "bom-ref": f"swift-runtime@{version}", "name": "swift-runtime", "version": version,
        "licenses": [{"license": {"name": "Apache-2.0 with Runtime Library Exception"}}],
    }


def debian_package(package):
    """A package as dpkg has it, and the licences that its copyright file names."""
    version, source, architecture = said(
        "dpkg-query", "-W", "-f", "${Version}\n${source:Package}\n${Architecture}", package).split("\n")
    system = dict(re.findall(r'^(\w+)="?([^"\n]*)', pathlib.Path("/etc/os-release").read_text(), re.M))
    purl = (f"pkg:deb/{system['ID']}/{package}@{version.replace('+', '%2B').replace(':', '%3A')}"
            f"?arch={architecture}&distro={system['ID']}-{system['VERSION_ID']}")
    text = (DOCUMENTS / package / "copyright").read_text(errors="replace")
    named = sorted(set(re.findall(r"^License:[ \t]*(\S.*?)[ \t]*$", text, re.M)))
    return {
        "type": "library", "bom-ref": purl, "name": package, "version": version, "purl": purl,
        "licenses": [{"license": {"name": name}} for name in named] or [
            {"license": {"name": f"see {package} among the licences"}}],
        "externalReferences": [
            {"type": "distribution", "url": f"https://tracker.debian.org/pkg/{source}"}],
    }
