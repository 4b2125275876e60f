"""Stores by DAV of other servers than nginx, as docs/machines.md has them."""
import os

from nginx import Daemon

MODULES = "/usr/lib/apache2/modules"


def folders(folder):
    """What neither of them makes by itself."""
    for name in ("store/ac", "store/cas", "locks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        # Apache gives up root's rights for its children's.
        os.chmod(folder / name, 0o777)


def lighttpd(folder, host, port):
    folders(folder)
    (folder / "lighttpd.conf").write_text(f"""
server.modules = ( "mod_webdav" )
server.bind = "{host}"
server.port = {port}
server.document-root = "{folder}/store"
server.upload-dirs = ( "{folder}/store" )
webdav.activate = "enable"
""")
    return Daemon(["/usr/sbin/lighttpd", "-D", "-f", folder / "lighttpd.conf"])


def apache(folder, host, port):
    """In one process, so that a signal ends it."""
    folders(folder)
    modules = "\n".join(
        f"LoadModule {name}_module {MODULES}/mod_{name}.so"
        for name in ("mpm_event", "authz_core", "dav", "dav_fs"))
    # Beside it, and above all folders that it serves.
    for part in (folder, *folder.parents):
        if str(part).startswith("/tmp/"):
            os.chmod(part, 0o755)
    (folder / "apache.conf").write_text(f"""
{modules}
ServerName {host}
Listen {host}:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/error.log
User nobody
Group nogroup
DocumentRoot {folder}/store
DavLockDB {folder}/locks/db
LimitRequestBody 0
<Directory {folder}/store>
  Dav On
  Require all granted
</Directory>
""")
    return Daemon(["/usr/sbin/apache2", "-X", "-f", folder / "apache.conf"])
