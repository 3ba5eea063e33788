"""Plugin code from disk: what it is now, not what it was at the first run.

A single file runs in fresh globals each time, as plugins expect; its compiled code is kept while the
text is the same. A directory is imported as a package under a private name for each version of its
files, so that relative imports work, two plugins of one name do not meet, and an edit is picked up
by the next run. Compiled files on disk (__pycache__) are neither read nor written for plugins:
they are trusted by whole seconds, and would bring old code back.
"""

import builtins
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import threading
import time

_PRIVATE = "_tidemill_plugin_"
# A file changed this shortly before it was looked at may change again without its times showing it.
_CLOCK_STEP_NS = 100_000_000


class MissingFunction(Exception):
    """The plugin does not define the function that its trigger calls."""


class Loader:
    """The code of one trigger's plugin. Thread-safe."""

    def __init__(self):
        self._lock = threading.Lock()
        self._files = {}  # path -> (bytes, code)
        self._packages = {}  # path -> _Package

    def function(self, path, is_package, kind):
        """The entry function of the plugin at path for this kind of call (calls.CallKind)."""
        names = self._package_names(path) if is_package else self._file_names(path)
        entry = names.get(kind.function)
        if callable(entry):
            return entry
        raise MissingFunction(_missing_text(kind, names, os.path.basename(path)))

    def _file_names(self, path):
        names = {
            "__name__": os.path.splitext(os.path.basename(path))[0],
            "__file__": path,
            "__builtins__": builtins,
        }
        exec(self._code_of(path), names)
        return names

    def _code_of(self, path):
        with open(path, "rb") as file:
            source = file.read()
        with self._lock:
            known, code = self._files.get(path, (None, None))
        if known != source:
            code = compile(source, path, "exec", dont_inherit=True)
            with self._lock:
                self._files[path] = (source, code)
        return code

    def _package_names(self, path):
        with self._lock:
            package = self._packages.get(path)
            if package is None or not package.is_current():
                package = _Package(path)
                package.load()
                if (old := self._packages.get(path)) is not None:
                    old.forget()
                self._packages[path] = package
        return vars(package.module)


class _Package:
    """One version of a plugin directory, imported."""

    def __init__(self, path):
        self.path = path
        self.directory_name = os.path.basename(path)
        self._facts, newest_ns = _facts_of(path)
        # Times of files move in steps: what is as new as the look itself proves nothing.
        self._facts_prove = newest_ns < time.time_ns() - _CLOCK_STEP_NS
        self._digest = _digest_of(path)
        self.name = f"{_PRIVATE}{self.directory_name}_{self._digest[:16]}"
        self.module = None

    def is_current(self):
        facts, newest_ns = _facts_of(self.path)
        if facts == self._facts and self._facts_prove:
            return True
        if _digest_of(self.path) != self._digest:
            return False
        self._facts = facts
        self._facts_prove = newest_ns < time.time_ns() - _CLOCK_STEP_NS
        return True

    def load(self):
        importlib.invalidate_caches()
        _finder.add(self.directory_name, self.name)
        spec = importlib.util.spec_from_file_location(
            self.name,
            os.path.join(self.path, "__init__.py"),
            loader=_FreshSource(self.name, os.path.join(self.path, "__init__.py")),
            submodule_search_locations=[self.path],
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules[self.name] = module
        # Beside the package, plugins find its neighbours while they are imported.
        parent = os.path.dirname(self.path)
        sys.path.insert(0, parent)
        try:
            spec.loader.exec_module(module)
        except BaseException:
            self.forget()
            raise
        finally:
            sys.path.remove(parent)
        self.module = module

    def forget(self):
        for name in list(sys.modules):
            if name == self.name or name.startswith(self.name + "."):
                del sys.modules[name]
        _finder.remove(self.directory_name, self.name)


class _FreshSource(importlib.machinery.SourceFileLoader):
    """Compiles from the source each time."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _PluginFinder:
    """Finds the modules inside plugin packages, by their private names and by their own.

    A package may import itself by the name of its directory, as long as no other module has it.
    """

    def __init__(self):
        self._private_names = {}  # directory name -> private name

    def add(self, directory_name, private_name):
        self._private_names[directory_name] = private_name

    def remove(self, directory_name, private_name):
        if self._private_names.get(directory_name) == private_name:
            del self._private_names[directory_name]
        for name in list(sys.modules):
            if name == directory_name or name.startswith(directory_name + "."):
                if getattr(sys.modules[name], "__name__", "").startswith(_PRIVATE):
                    del sys.modules[name]

    def find_spec(self, fullname, path=None, target=None):
        if fullname.startswith(_PRIVATE):
            spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
            if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
                spec.loader = _FreshSource(fullname, spec.origin)
            return spec
        directory_name, _, rest = fullname.partition(".")
        private_name = self._private_names.get(directory_name)
        if private_name is None:
            return None
        own = private_name + "." + rest if rest else private_name
        return importlib.machinery.ModuleSpec(fullname, _SameModule(own), is_package=True)


class _SameModule:
    """Makes an import of a plugin package by its own name give the private module."""

    def __init__(self, private_name):
        self._private_name = private_name

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        try:
            sys.modules[module.__spec__.name] = importlib.import_module(self._private_name)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"No module named '{module.__spec__.name}'", name=error.name) from None


_finder = _PluginFinder()
# Last, so that a plugin directory named like a library does not hide the library from others.
sys.meta_path.append(_finder)


def _python_files(path):
    for directory, directories, files in os.walk(path):
        directories[:] = sorted(d for d in directories if d != "__pycache__" and not d.startswith("."))
        for name in sorted(files):
            if name.endswith(".py"):
                yield os.path.join(directory, name)


def _facts_of(path):
    """What the file system says about the files, and the newest of its times."""
    facts = []
    newest_ns = 0
    for name in _python_files(path):
        try:
            status = os.stat(name)
        except FileNotFoundError:
            continue
        facts.append((name, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
        newest_ns = max(newest_ns, status.st_mtime_ns, status.st_ctime_ns)
    return facts, newest_ns


def _digest_of(path):
    import hashlib  # takes longer to import than all the rest of the worker

    digest = hashlib.sha256()
    for name in _python_files(path):
        try:
            with open(name, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            continue
        digest.update(f"{os.path.relpath(name, path)}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def _missing_text(kind, names, file_name):
    defined = sorted(
        name for name, value in names.items() if callable(value) and name.startswith("process_")
    )
    also = f" {file_name} defines {', '.join(defined)}." if defined else ""
    return (
        f"the {kind.function} function is not present in the plugin."
        f" Should be defined as: {kind.signature}.{also}"
    )
