"""Archives whose bytes follow from what is in them."""

import base64
import gzip
import hashlib
import io
import tarfile
import time
import zipfile


def entries(folder):
    """Files below a folder, sorted, with their names in it."""
    return [(path.relative_to(folder).as_posix(), path) for path in sorted(folder.rglob("*")) if path.is_file()]


def is_program(path):
    return bool(path.stat().st_mode & 0o100)


def write_tarball(folder, path, top, epoch):
    """`folder` as a .tar.gz below `top`, as root's, of the time `epoch`."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, file in entries(folder):
            member = tarfile.TarInfo(f"{top}/{name}")
            member.size, member.mtime = file.stat().st_size, epoch
            member.mode = 0o755 if is_program(file) else 0o644
            with file.open("rb") as opened:
                archive.addfile(member, opened)
    with open(path, "wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=epoch) as packed:
        packed.write(tar.getbuffer())


def write_wheel(folder, path, epoch):
    """`folder` as a wheel, with the RECORD of its files.

    Source: packaging.python.org, "Binary distribution format".
    """
    # ZIP knows no time before 1980.
    when = time.gmtime(max(epoch, 315532800))[:6]
    (information,) = (name for name, _ in entries(folder) if name.endswith(".dist-info/WHEEL"))
    record = information.removesuffix("WHEEL") + "RECORD"
    lines = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:

        def add(name, data, mode):
            member = zipfile.ZipInfo(name, when)
            member.create_system, member.compress_type = 3, zipfile.ZIP_DEFLATED
            member.external_attr = (0o100000 | mode) << 16
            archive.writestr(member, data)

        # What says what it is comes last, as the format asks for.
        for name, file in sorted(entries(folder), key=lambda entry: (".dist-info/" in entry[0], entry[0])):
            data = file.read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(data)}\n")
            add(name, data, 0o755 if is_program(file) else 0o644)
        add(record, "".join([*lines, f"{record},,\n"]), 0o644)
