"""The program with its libraries, so that it runs where only glibc is."""

import pathlib
import re
import shutil
import subprocess

# Every distribution has these, of its own version: what PEP 600 calls glibc's.
GLIBC = re.compile(r"^(ld-linux-[\w-]+|lib(c|m|dl|rt|pthread|util|resolv|mvec|anl|nsl|BrokenLocale))\.so\.\d+$")
# Where Debian's packages keep what they say about themselves.
DOCUMENTS = pathlib.Path("/usr/share/doc")


def said(*command):
    """What a program prints; its failure ends this one, in its words."""
    try:
        done = subprocess.run([str(one) for one in command], capture_output=True, text=True)
    except OSError as error:
        raise SystemExit(f"{command[0]}: {error.strerror}") from error
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def libraries(program):
    """Files of the libraries that the program needs and glibc has not, by the names that ask for them."""
    found = {}
    for line in said("ldd", program).splitlines():
        match = re.match(r"\s*(\S+) => (\S.*) \(0x", line)
        if match:
            name, path = match[1], match[2]
        elif "not found" in line:
            raise SystemExit(f"{program} needs what is not here: {line.strip()}")
        else:
            continue
        if not GLIBC.match(name):
            found[name] = pathlib.Path(path).resolve()
    return dict(sorted(found.items()))


def package_of(library):
    """The Debian package that a library came with; None of one that no package has."""
    # Packages of before the merged /usr know their files without it.
    for path in (library, pathlib.Path(str(library).removeprefix("/usr"))):
        result = subprocess.run(["dpkg", "-S", str(path)], capture_output=True, text=True)
        if result.returncode == 0:
            return result.stdout.split(":")[0]
    return None


def carry(program, folder):
    """Copies the program to `folder`/bin and its libraries to `folder`/lib, where it looks for them."""
    copies = [(program, folder / "bin/eyepiece", "$ORIGIN/../lib")]
    copies += [(path, folder / "lib" / name, "$ORIGIN") for name, path in libraries(program).items()]
    for source, copy, path in copies:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        said("strip", "--strip-unneeded", "--remove-section=.comment", copy)
        # Before LD_LIBRARY_PATH, which on clusters leads to other versions of the same libraries.
        said("patchelf", "--force-rpath", "--set-rpath", path, copy)
        copy.chmod(0o755)
    return [copy for _, copy, _ in copies]


def licences(program, folder, own):
    """Copies the project's licence, and what the packages of its libraries say about theirs."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(own, folder / "eyepiece")
    for name, path in libraries(program).items():
        package = package_of(path)
        if package is not None:
            shutil.copyfile(DOCUMENTS / package / "copyright", folder / package)
        elif "/swift/" in str(path):
            (folder / "swift").write_text(
                "Apache-2.0 with the Runtime Library Exception of https://swift.org/LICENSE.txt.\n"
                "Copyright Apple Inc. and the Swift project authors.\n")
        else:
            raise SystemExit(f"the licence of {name} is not known")
    for path in folder.iterdir():
        path.chmod(0o644)


def oldest_glibc(files):
    """The oldest version of glibc that has all that these files ask of it, such as (2, 36)."""
    versions = {(0, 0)}
    for file in files:
        for match in re.findall(r"\(GLIBC_(\d+)\.(\d+)", said("objdump", "-T", file)):
            versions.add((int(match[0]), int(match[1])))
    return max(versions)
