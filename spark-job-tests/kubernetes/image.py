#!/usr/bin/env python3
# Copyright The Cairn Authors
# SPDX-License-Identifier: Apache-2.0
"""Makes images without a registry and without a daemon, as archives that "ctr images import" reads.

    image.py base ROOTFS SPARK_HOME LAYER.tar     what stands for Spark's image: a Debian with Java, and Spark, as one layer
    image.py build DOCKERFILE TARGET CONTEXT ROOTFS LAYER.tar TAG WORK_FOLDER
                                                  the Dockerfile's own steps on top of it; the archive goes to standard output
    image.py binary FILE TAG                      an image of one program; to standard output too

Only those instructions are known that the project's Dockerfile has; any other is refused, with its line, rather than left out. Needs to be
root, in a mount namespace of its own, since RUN runs in the image's files."""
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile

USER = 185
HERE = os.path.dirname(os.path.realpath(__file__))
JAVA_HOME = "/usr/lib/jvm/java-17-openjdk-amd64"
BASE_CONFIG = {
    "User": "spark",
    "WorkingDir": "/opt/spark/work-dir",
    "Entrypoint": ["/opt/entrypoint.sh"],
    "Env": [
        f"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:{JAVA_HOME}/bin:/opt/spark/bin",
        f"JAVA_HOME={JAVA_HOME}",
        "SPARK_HOME=/opt/spark",
    ],
}


def refuse(message):
    sys.exit("image: " + message)


# ---- what stands for Spark's image


def base(rootfs, spark_home, layer):
    """Where Spark's image has things: /opt/spark, /opt/entrypoint.sh, /opt/decom.sh, user 185, a folder that it may write."""
    with open(rootfs + "/etc/passwd", "a") as passwd:
        passwd.write(f"spark:x:{USER}:{USER}::/opt/spark/work-dir:/usr/sbin/nologin\n")
    with open(rootfs + "/etc/group", "a") as group:
        group.write(f"spark:x:{USER}:\n")
    os.makedirs(rootfs + "/opt/spark")
    for part in ("bin", "jars", "sbin"):
        shutil.copytree(f"{spark_home}/{part}", f"{rootfs}/opt/spark/{part}")
    os.makedirs(rootfs + "/opt/spark/work-dir")
    os.chown(rootfs + "/opt/spark/work-dir", USER, USER)
    for script in ("entrypoint.sh", "decom.sh"):
        shutil.copy(f"{HERE}/spark-image/{script}", f"{rootfs}/opt/{script}")
        os.chmod(f"{rootfs}/opt/{script}", 0o755)
    for needless in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale", "usr/share/man"):
        shutil.rmtree(f"{rootfs}/{needless}", ignore_errors=True)
    pack(rootfs, layer)


def pack(folder, layer):
    subprocess.check_call(["tar", "--numeric-owner", "--sort=name", "-C", folder, "-cf", layer + ".part", "."])
    os.rename(layer + ".part", layer)


# ---- the Dockerfile


class Build:
    """Does a stage's instructions, one after the other, to the files below "root"."""

    def __init__(self, context, listed, root):
        self.context, self.listed, self.root, self.config = context, listed, root, json.loads(json.dumps(BASE_CONFIG))

    def do(self, where, name, rest):
        step = getattr(self, "do_" + name.lower(), None)
        if step is None:
            refuse(f"{where}: {name} is not known here")
        step(where, rest)

    def do_user(self, where, rest):
        self.config["User"] = rest.strip()

    def do_run(self, where, rest):
        if not rest.startswith("["):
            refuse(f"{where}: only RUN [\"a\", \"command\"] is known here")
        user, home = self.config["User"], self.root + self.config["WorkingDir"]
        with open(self.root + "/etc/passwd") as passwd:
            ids = {line.split(":")[0]: line.split(":")[2] for line in passwd}
        number = ids.get(user, user)
        environment = dict(e.split("=", 1) for e in self.config["Env"])
        command = json.loads(rest)
        subprocess.check_call(["mount", "-t", "proc", "proc", self.root + "/proc"])
        try:
            done = subprocess.run(["chroot", f"--userspec={number}:{number}", self.root, *command], check=False, env=environment, cwd=home,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        finally:
            subprocess.check_call(["umount", self.root + "/proc"])
        print(f"image: {where}: {done.stdout.strip()}", file=sys.stderr)
        if done.returncode != 0:
            refuse(f"{where}: ended with {done.returncode}")

    def do_copy(self, where, rest):
        words, mode = rest.split(), None
        while words[0].startswith("--"):
            option = words.pop(0)
            if not option.startswith("--chmod="):
                refuse(f"{where}: COPY {option} is not known here")
            mode = int(option[len("--chmod="):], 8)
        *sources, destination = words
        for source in sources:
            if not any(source == entry or source.startswith(entry + "/") for entry in self.listed):
                refuse(f"{where}: {source} is not in the context, says the Dockerfile's .dockerignore")
            origin = os.path.join(self.context, source)
            if os.path.isdir(origin):
                self.copy_folder(origin, self.root + destination, mode)
            elif os.path.isfile(origin):
                target = destination + os.path.basename(source) if destination.endswith("/") else destination
                self.copy_file(origin, self.root + target, mode)
            else:
                refuse(f"{where}: there is no {origin}: build it first")

    def copy_folder(self, origin, target, mode):
        for folder, _, files in os.walk(origin):
            inside = os.path.join(target, os.path.relpath(folder, origin))
            self.make_folder(os.path.normpath(inside))
            for file in files:
                self.copy_file(os.path.join(folder, file), os.path.join(inside, file), mode)

    def copy_file(self, origin, target, mode):
        self.make_folder(os.path.dirname(os.path.normpath(target)))
        shutil.copyfile(origin, target)
        os.chmod(target, stat.S_IMODE(os.stat(origin).st_mode) if mode is None else mode)

    def make_folder(self, folder):
        if not os.path.isdir(folder):
            self.make_folder(os.path.dirname(folder))
            os.mkdir(folder)
            os.chmod(folder, 0o755)


def instructions(dockerfile):
    """(line, name, rest), continued lines put together."""
    found, open_line, number = [], "", 0
    with open(dockerfile) as file:
        for at, line in enumerate(file, 1):
            line = line.strip()
            if line.startswith("#") or not (line or open_line):
                continue
            number = number or at
            if line.endswith("\\"):
                open_line += line[:-1]
                continue
            name, _, rest = (open_line + line).partition(" ")
            found.append((number, name.upper(), rest.strip()))
            open_line, number = "", 0
    return found


def build(dockerfile, target, context, rootfs, layer, tag, work):
    with open(dockerfile + ".dockerignore") as file:
        ignore = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    if ignore[0] != "*" or not all(line.startswith("!") for line in ignore[1:]):
        refuse(f"{dockerfile}.dockerignore: only \"*\" and then lines with \"!\" are known here")
    for part in ("changed", "work", "root"):
        shutil.rmtree(f"{work}/{part}", ignore_errors=True)
        os.makedirs(f"{work}/{part}")
    root = work + "/root"
    layers = f"lowerdir={rootfs},upperdir={work}/changed,workdir={work}/work"
    subprocess.check_call(["mount", "-t", "overlay", "overlay", "-o", layers, root])
    arguments, stage, is_there, steps = {}, None, False, Build(context, [line[1:] for line in ignore[1:]], root)
    for line, name, rest in instructions(dockerfile):
        where = f"{os.path.basename(dockerfile)}, line {line}: {name}"
        if name == "ARG":
            arguments.update([rest.split("=", 1)])
        elif name == "FROM":
            image, _, stage = re.sub(r"\$\{(\w+)\}", lambda m: arguments[m.group(1)], rest).partition(" AS ")
            if stage == target:
                check_base(where, image, rootfs)
                is_there = True
        elif stage == target:
            steps.do(where, name, rest)
    if not is_there:
        refuse(f"{dockerfile} has no target {target}")
    subprocess.check_call(["umount", root])
    pack(work + "/changed", work + "/layer.tar")
    archive(tag, steps.config, [layer, work + "/layer.tar"])


def check_base(where, image, rootfs):
    """The image that the Dockerfile names says which Spark, Scala and Java it has: those of what stands for it."""
    named = re.fullmatch(r"apache/spark:([\d.]+)-scala([\d.]+)-java(\d+)-ubuntu", image)
    if named is None:
        refuse(f"{where}: what {image} holds is not known here")
    core = [jar for jar in os.listdir(rootfs + "/opt/spark/jars") if jar.startswith("spark-core_")]
    if core != [f"spark-core_{named.group(2)}-{named.group(1)}.jar"] or f"java-{named.group(3)}-" not in JAVA_HOME:
        refuse(f"{where}: it is for {image}, and what stands for that has {core} and {JAVA_HOME}")


# ---- archives


def archive(tag, config, layers):
    digests = []
    for layer in layers:
        digest = hashlib.sha256()
        with open(layer, "rb") as file:
            for block in iter(lambda: file.read(1 << 20), b""):
                digest.update(block)
        digests.append(digest.hexdigest())
    rootfs = {"type": "layers", "diff_ids": ["sha256:" + digest for digest in digests]}
    image = {"architecture": "amd64", "os": "linux", "config": config, "rootfs": rootfs}
    names = [digest + ".tar" for digest in digests]
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as out:
        for name, content in (("config.json", image), ("manifest.json", [{"Config": "config.json", "RepoTags": [tag], "Layers": names}])):
            content = json.dumps(content).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            out.addfile(entry, io.BytesIO(content))
        for name, layer in zip(names, layers):
            out.add(layer, name)


def binary(file, tag):
    layer = file + ".layer.tar"
    with tarfile.open(layer, "w") as out:
        out.add(file, os.path.basename(file))
    archive(tag, {"Entrypoint": ["/" + os.path.basename(file)]}, [layer])


if __name__ == "__main__":
    {"base": base, "build": build, "binary": binary}[sys.argv[1]](*sys.argv[2:])
