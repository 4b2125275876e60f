"""Checks of importing a large checkpoint."""
import json
import os
import random
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

import pytorch_file
from server import PROGRAM

NAME = "large"
DIM, DECODER, PATCH, GRID = 1024, 512, 16, 14
# Bytes that every tensor repeats, each from a different offset.
BLOCK = random.Random(1).randbytes(1 << 20)


def layers(prefix, **shapes):
    for name, shape in shapes.items():
        yield f"{prefix}{name.replace('__', '.')}.weight", shape
        yield f"{prefix}{name.replace('__', '.')}.bias", shape[:1]


def blocks(prefix, count, dim):
    for index in range(count):
        yield from layers(
            f"{prefix}.{index}.", norm1=[dim], attn__qkv=[3 * dim, dim], attn__proj=[dim, dim],
            norm2=[dim], mlp__fc1=[4 * dim, dim], mlp__fc2=[dim, 4 * dim])


def mae_large():
    """The tensors of MAE's ViT-L with its decoder, 329,541,888 numbers."""
    shapes = {"cls_token": [1, 1, DIM], "pos_embed": [1, GRID * GRID + 1, DIM]}
    shapes |= layers("", patch_embed__proj=[DIM, 3, PATCH, PATCH])
    shapes |= blocks("blocks", 24, DIM)
    shapes |= layers("", norm=[DIM], decoder_embed=[DECODER, DIM])
    shapes |= {"mask_token": [1, 1, DECODER]}
    shapes |= {"decoder_pos_embed": [1, GRID * GRID + 1, DECODER]}
    shapes |= blocks("decoder_blocks", 8, DECODER)
    return shapes | dict(
        layers("", decoder_norm=[DECODER], decoder_pred=[3 * PATCH * PATCH, DECODER]))


def pieces(name, count):
    """The bytes of a tensor, which depend on its name."""
    start = 64 * (random.Random(name).randrange(len(BLOCK)) // 64)
    block = BLOCK[start:] + BLOCK[:start]
    while count:
        yield block[:count]
        count -= len(block[:count])


def wrong_tensors(path, shapes):
    """The tensors of a safetensors file that differ from the checkpoint's."""
    with open(path, "rb") as file:
        length, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        wrong = set(shapes) ^ {name for name in header if name != "__metadata__"}
        for name in shapes.keys() - wrong:
            begin, end = header[name]["data_offsets"]
            file.seek(8 + length + begin)
            same = all(file.read(len(piece)) == piece for piece in pieces(name, end - begin))
            if not same or header[name]["shape"] != shapes[name]:
                wrong.add(name)
    return sorted(wrong)


def start(checkpoint, folder):
    return subprocess.Popen(
        [PROGRAM, "models", "import", checkpoint, "--weights", folder, "--name", NAME],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def ask(*words):
    done = subprocess.run([PROGRAM, "models", *words], capture_output=True, text=True)
    return done.returncode, done.stdout


class Folder:
    """A folder of weights while imports into it are killed."""

    def __init__(self, path):
        self.path = Path(path)
        self.ended = self.finished = 0
        self.broken = []

    def names(self):
        return sorted(x.name for x in self.path.iterdir())

    def drafts(self):
        return [x for x in self.names() if x.startswith(".draft-")]

    def kill(self, process, moment):
        process.send_signal(signal.SIGKILL)
        # An import that ended before the signal has succeeded.
        self.finished += process.wait() == 0
        self.ended += 1
        self.judge(moment)

    def judge(self, moment):
        """Checks what a killed import left, and removes it."""
        files = set(self.names()) - set(self.drafts())
        status, listed = ask("list", "--here", "--weights", self.path)
        is_whole = f"{NAME}.safetensors" in files
        is_right = (
            status == 0 and (f"\n{NAME} " in listed) == is_whole and len(self.drafts()) <= 2
            and files <= {f"{NAME}.safetensors", f"{NAME}.json"})
        if is_whole:
            is_right &= ask("verify", NAME, "--weights", self.path)[0] == 0
            for file in files:
                (self.path / file).unlink()
        if not is_right:
            self.broken.append((moment, self.names(), status))


def measured(checkpoint, folder):
    """Seconds and peak resident bytes of an import that is not killed."""
    began = time.monotonic()
    process = start(checkpoint, folder)
    process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, time.monotonic() - began, usage.ru_maxrss << 10


def importing(count=24):
    """The cost of importing a PyTorch file of 1.3 GB, and the state that kill -9 leaves."""
    shapes = mae_large()
    with tempfile.TemporaryDirectory() as place:
        checkpoint, weights = f"{place}/mae_visualize_vit_large.pth", f"{place}/weights"
        os.mkdir(weights)
        pytorch_file.write(checkpoint, shapes, pieces)
        status, seconds, resident = measured(checkpoint, weights)
        written = f"{weights}/{NAME}.safetensors"
        wrong = wrong_tensors(written, shapes) if status == 0 else sorted(shapes)
        print(f"  {os.path.getsize(checkpoint) / 1e9:.2f} GB imported in {seconds:.1f} s; resident at "
              f"most {resident / 1e6:.1f} MB, mapped files included; {len(wrong)} of "
              f"{len(shapes)} tensors wrong")
        if status != 0 or wrong:
            return False
        folder = Folder(weights)
        folder.judge("after the first")
        for moment in range(count):
            process = start(checkpoint, weights)
            time.sleep(seconds * (moment + 0.5) / count)
            folder.kill(process, f"{moment + 0.5} of {count}")
        for seen in (f"{NAME}.json", f"{NAME}.safetensors"):
            process = start(checkpoint, weights)
            while process.poll() is None and seen not in folder.names():
                time.sleep(0.001)
            folder.kill(process, seen)
        left = folder.drafts()
        status, _, again = measured(checkpoint, weights)
        sound, _ = ask("verify", NAME, "--weights", weights)
        wrong = wrong_tensors(written, shapes) if status == 0 else sorted(shapes)
        print(f"  {folder.ended} kills, {folder.finished} of them too late; promises broken: "
              f"{folder.broken}; {len(left)} drafts left by the last, {len(folder.drafts())} after "
              f"an import that ends, whose model is {'sound' if sound == 0 else 'NOT SOUND'}")
        is_clean = not (folder.broken or folder.drafts() or wrong or status or sound)
    return is_clean and max(resident, again) < 200e6
