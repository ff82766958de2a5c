"""Write stockade rule plugins in Python.

    plugin = stockade.Plugin()

    @plugin.check("no-tabs")
    def no_tabs(source, params, out):
        ...

    Rules = plugin.rules()

The names of the checks are those in `plugin.kdl`. A check is a plain function: test it natively, with the bindings that
`componentize-py bindings` writes on the path. Spans are UTF-8 bytes, as the host counts; `Source.byte_offset` and
`Source.char_index` convert where a check searches in the text itself.
"""

import builtins
import os
import sys
import time

from wit_world import exports
from wit_world.imports.types import Applicability, Edit, Fact, Finding, Fix, Label, Report, Span
from componentize_py_types import Err

NONE = 0xFFFFFFFF
STREAM, MAPPING, SEQUENCE, SCALAR, ALIAS, ELEMENT, ERROR, MERGE = range(8)
STRING, NULL, BOOL, INT, FLOAT, TIMESTAMP = range(6)
UNKNOWN, PARTIAL, IMPLICIT, DEFAULTED, ANCHORED, DUPLICATE = (1 << bit for bit in range(6))

# Kinds of a setting's value; what a later host adds is VALUE_STRING.
(
    VALUE_STRING,
    VALUE_BOOL,
    VALUE_NUMBER,
    VALUE_DURATION,
    VALUE_SIZE,
    VALUE_LIST,
    VALUE_URL,
    VALUE_DSN,
    VALUE_REFERENCE,
    VALUE_TEMPLATE,
    VALUE_PLACEHOLDER,
    VALUE_EMPTY,
) = range(12)
# Flags of settings and variables: see "Flags of both tables" in the book.
(
    ROW_UNKNOWN,
    ROW_DEFAULT,
    ROW_SECRET_REFERENCE,
    ROW_INHERITED,
    ROW_VARIABLE,
    ROW_ON,
    ROW_OFF,
    ROW_UNIT_FROM_NAME,
    ROW_UNIT_ASSUMED,
    ROW_ELEMENT,
    ROW_PART,
    ROW_INEXACT,
) = (1 << bit for bit in range(12))

_COLUMNS = 13
_SETTING_COLUMNS = 14
_VARIABLE_COLUMNS = 11
_FLOW = 5


class Source:
    """A file: `path`, `kind`, `marks`, `text`, and its nodes from `root` on."""

    def __init__(self, raw):
        self.path, self.kind, self.marks = raw.path, raw.kind, raw.marks
        self._data = raw.data.encode()
        self._plain = raw.data if len(self._data) == len(raw.data) else None
        self._text_length = raw.text_len
        self._tables = {table.name: table for table in raw.tables}
        nodes = self._tables.get("nodes")
        known = nodes is not None and nodes.stride >= _COLUMNS
        self._cells, self._stride = (nodes.cells, nodes.stride) if known else ([], _COLUMNS)

    @property
    def root(self):
        """The file's first node."""
        # Made each time: a file that held on to its nodes would wait for the collector of cycles, with all its tables.
        return Node(self, 0 if self._cells else NONE)

    @property
    def text(self):
        """The file's text."""
        return self._data[: self._text_length].decode()

    def slice(self, span):
        """The text under a span."""
        return self._cut(span.start, min(span.end, self._text_length))

    def byte_offset(self, char_index):
        """The byte offset of a character of `text`."""
        return len(self.text[:char_index].encode())

    def char_index(self, byte_offset):
        """The character of `text` at a byte offset."""
        return len(self._data[:byte_offset].decode())

    def comments(self):
        """The comments: span, and the node that each speaks about."""
        for start, end, node in self._rows("comments", 3):
            yield Span(start, end), Node(self, node)

    def settings(self):
        """The values that have a name, in the order of the document; for plugins with `needs "settings"`."""
        return (Setting(self, row) for row in self._rows("settings", _SETTING_COLUMNS))

    def variables(self):
        """The variables that the file sets; for plugins with `needs "environment"`."""
        return (Variable(self, row) for row in self._rows("environment", _VARIABLE_COLUMNS))

    def _rows(self, name, columns):
        table = self._tables.get(name)
        if table is not None and table.stride >= columns:
            for at in range(0, len(table.cells), table.stride):
                yield table.cells[at : at + columns]

    def _cut(self, start, end):
        if self._plain is not None:
            return self._plain[start:end]
        return self._data[start:end].decode()


class Node:
    """A row of the table of nodes."""

    __slots__ = ("source", "row", "_at")

    def __init__(self, source, row):
        self.source, self.row, self._at = source, row, row * source._stride

    def _cell(self, column):
        return self.source._cells[self._at + column]

    def _link(self, column):
        row = self._cell(column) if self.row != NONE else NONE
        return None if row == NONE else Node(self.source, row)

    @property
    def kind(self):
        """STREAM, MAPPING, ..."""
        return self._cell(0) & 0xFF

    @property
    def type(self):
        """Of a scalar: STRING, NULL, ..."""
        return self._cell(0) >> 8 & 0xFF

    @property
    def flags(self):
        """UNKNOWN | PARTIAL | ..."""
        return self._cell(0) >> 24

    @property
    def parent(self):
        return self._link(1)

    def resolve(self):
        """What an alias or merge stands for, or the node itself."""
        node = self
        for _ in range(16):
            target = node._link(12) if node.kind in (ALIAS, MERGE) else None
            if target is None:
                break
            node = target
        return node

    def children(self):
        """Its children as written; an alias has those of what it stands for."""
        child = self.resolve()._link(3) if self.row != NONE else None
        while child is not None:
            yield child
            child = child._link(2)

    def get(self, key, _depth=0):
        """The child with this key, through aliases and merge keys, or None."""
        found = merged = None
        for child in self.children():
            if child.kind == MERGE and _depth < 8:
                if merged is None:
                    target = child.resolve()
                    several = target.kind in (SEQUENCE, MERGE)
                    places = target.children() if several else (target,)
                    tries = (place.get(key, _depth + 1) for place in places)
                    merged = next((node for node in tries if node is not None), None)
            elif child.name == key:
                found = child
        return merged if found is None else found

    def at(self, path):
        """All nodes under a path such as `spec.containers[*].image`."""
        nodes = [self]
        for part in filter(None, path.split(".")):
            every = part.endswith("[*]")
            key = part.removesuffix("[*]")
            if key:
                nodes = [found for node in nodes if (found := node.get(key)) is not None]
            if every:
                nodes = [child for node in nodes for child in node.children()]
        return nodes

    def find(self, path):
        """The one node under a path of keys separated by dots, or None."""
        return next(iter(self.at(path)), None)

    @property
    def name(self):
        """Its decoded key or name."""
        return self.source._cut(self._cell(10), self._cell(11))

    @property
    def value(self):
        """Its decoded value, through aliases."""
        node = self.resolve()
        return self.source._cut(node._cell(8), node._cell(9))

    @property
    def is_scalar(self):
        return self.resolve().kind == SCALAR

    @property
    def is_null(self):
        node = self.resolve()
        return node.kind == SCALAR and node.type == NULL and not node.flags & UNKNOWN

    @property
    def is_known(self):
        """Whether no template or variable is in the value."""
        return not self.resolve().flags & (UNKNOWN | PARTIAL)

    @property
    def span(self):
        """Where the value stands."""
        return Span(self._cell(4), self._cell(5))

    @property
    def key_span(self):
        """Where the key stands, or None."""
        start, end = self._cell(6), self._cell(7)
        return Span(start, end) if start < end else None

    def place(self):
        """Where to show the value, on one line: a pair of span and node."""
        span, key, collection = self.span, self.key_span, self.kind in (MAPPING, SEQUENCE)
        if (collection or span.start == span.end) and key is not None:
            span = key
        elif collection and self._cell(0) >> 16 & 0xFF != _FLOW:
            first = next(self.children(), None)
            span = span if first is None else first.place()[0]
        line = self.source.slice(span).split("\n", 1)[0].rstrip("\r")
        return Span(span.start, span.start + len(line.encode())), self

    def key_place(self):
        """Where to show the key."""
        key = self.key_span
        return self.place() if key is None else (key, self)


class _Row:
    """A row of a table beside the nodes."""

    def __init__(self, source, row):
        self.source, self._row = source, row

    def _text(self, column):
        return self.source._cut(self._row[column], self._row[column + 1])

    def _span(self, column):
        return Span(self._row[column], self._row[column + 1])

    @property
    def flags(self):
        """ROW_UNKNOWN | ROW_DEFAULT | ..."""
        return self._row[6]

    @property
    def node(self):
        """The node of the value; where a variable has none, that of its entry."""
        return Node(self.source, self._row[0])

    def _place(self, other, wanted):
        """`wanted`, or `other` where that is empty or runs over lines."""

        def fits(span):
            return span.start < span.end and "\n" not in self.source.slice(span)

        return (wanted if fits(wanted) or not fits(other) else other), self.node


class Setting(_Row):
    """A value that has a name, wherever it is written."""

    @property
    def name(self):
        """Its name, folded to snake case."""
        return self._text(1)

    @property
    def kind(self):
        """VALUE_STRING, VALUE_BOOL, ..."""
        return self._row[3] if self._row[3] <= VALUE_EMPTY else VALUE_STRING

    @property
    def number(self):
        """Milliseconds, bytes, elements, or the number itself, by `kind`; 0 where there is none."""
        number = self._row[4] | self._row[5] << 32
        return number - (1 << 64) if number >> 63 else number

    @property
    def value(self):
        """Its value as text; for `${X:-y}` that is `y`."""
        return self._text(7)

    @property
    def is_on(self):
        """Whether the value reads as "on"."""
        return bool(self.flags & ROW_ON)

    @property
    def is_off(self):
        """Whether the value reads as "off"."""
        return bool(self.flags & ROW_OFF)

    @property
    def is_value(self):
        """Whether something is known of it: neither a template nor a reference nor taken from elsewhere."""
        elsewhere = self.kind in (VALUE_TEMPLATE, VALUE_REFERENCE) or self.flags & (ROW_INHERITED | ROW_SECRET_REFERENCE)
        return not elsewhere and (not self.flags & ROW_UNKNOWN or bool(self.flags & ROW_DEFAULT))

    @property
    def depth(self):
        """Keys on the path, 1 for a variable."""
        return self._row[13]

    @property
    def key_span(self):
        """Where the key stands; empty for an element of a list."""
        return self._span(9)

    @property
    def value_span(self):
        """Where the value stands."""
        return self._span(11)

    @property
    def written(self):
        """The name as its author wrote it: `security.tls.enabled`; the folded one for a part of a URL."""
        own = self.source.slice(self.key_span).strip("\"'")
        if self.flags & ROW_VARIABLE and own:
            return own
        if self.flags & ROW_PART:
            return self.name
        names, node = [], self.node
        while node is not None and len(names) < 12:
            if node.name:
                names.append(node.name)
            node = node.parent
        return ".".join(reversed(names)) or self.name

    def place(self):
        """Where to show the value; the key where the value is empty or of several lines."""
        return self._place(self.key_span, self.value_span)

    def key_place(self):
        """Where to show the key, or the value of an element."""
        return self._place(self.value_span, self.key_span)


class Variable(_Row):
    """A variable that is set somewhere."""

    @property
    def name(self):
        """Its name as written."""
        return self._text(1)

    @property
    def value(self):
        """Its value as text; for `${X:-y}` that is `y`."""
        return self._text(3)

    @property
    def origin(self):
        """The number of its origin, as the book lists them."""
        return self._row[5]

    @property
    def name_span(self):
        """Where the name stands."""
        return self._span(7)

    @property
    def value_span(self):
        """Where the value stands."""
        return self._span(9)

    def place(self):
        """Where to show the value; the name where the value is empty or of several lines."""
        return self._place(self.name_span, self.value_span)


class Params:
    """A rule's parameters."""

    def __init__(self, nodes):
        self.nodes = nodes

    def strings(self, name):
        """All arguments of the top-level parameters of this name."""
        return [arg for node in self.nodes if node.depth == 0 and node.name == name for arg in node.args]

    def string(self, name, default=""):
        """The first of them."""
        return next(iter(self.strings(name)), default)


def replace_value(node, text):
    """The edit that puts `text` in the place of a node's value."""
    return Edit(node.span, text)


def fix(title, *edits, applicability=Applicability.SAFE):
    """A fix; safe ones change nothing that works."""
    return Fix(title, applicability, list(edits))


def label(place, message, path=None):
    """A further place: of a node (`node.place()`), or a span in another file."""
    span = place if isinstance(place, Span) else place[0]
    return Label(path, span, message)


class Out:
    """Collects what the checks find."""

    def __init__(self):
        self.rule, self.findings, self.facts = 0, [], []

    def finding(self, place, message, *, file=0, key=None, help=None, labels=(), fixes=(), data=()):
        """Adds a finding. `place` is a node's, or from a check over all files a span (or None) in the file number `file`.

        `message`: one sentence that names what was found, lower case, no final period. `data`: pairs or a dict.
        """
        if not isinstance(message, str):
            raise TypeError(f"the message is of the type {type(message).__name__}, not a text")
        span, node = place if isinstance(place, tuple) else (place or Span(0, 0), None)
        pairs = list(data.items() if isinstance(data, dict) else data)
        row = None if node is None else node.row
        self.findings.append(
            Finding(self.rule, file, span, row, message, help, list(labels), list(fixes), key, pairs)
        )

    def fact(self, key, value, span=None):
        """Records something about the file for the checks over all files."""
        self.facts.append(Fact(key, value, span))


class _NoOutput:
    """Stands for standard output, to which a check's first `print` would otherwise be a crash without a word."""

    def write(self, text):
        if text.strip():
            raise RuntimeError(f"a plugin has no output: report or raise what you want to see ({text.strip()!r})")
        return len(text)

    def flush(self):
        pass


class _Dropped(_NoOutput):
    """Stands for standard error, where libraries put their warnings."""

    def write(self, text):
        return len(text)


# What would crash without a word when it asks for the world that a plugin does not have.
_OUTSIDE = (
    (builtins, "files", ("open", "input")),
    (os, "files", ("open", "stat", "lstat", "listdir", "scandir", "getcwd", "mkdir", "remove", "rename")),
    (os, "random numbers", ("urandom", "getrandom")),
    (time, "clock", ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep")),
)

# Functions of `random` that share one state.
_RANDOM = ("random", "randint", "randrange", "randbytes", "getrandbits", "choice", "choices", "sample", "shuffle", "uniform")


def _leave_the_world():
    """Makes of such calls exceptions that say what is wrong. Once, when the plugin runs: builds and tests may use it."""
    if sys.platform != "wasi" or isinstance(sys.stdout, _NoOutput):
        return
    sys.stdout, sys.stderr = _NoOutput(), _Dropped()

    def refuse(name, what):
        def refused(*_, **__):
            raise RuntimeError(f"{name} is not there: a plugin has no {what}")

        return refused

    for module, what, names in _OUTSIDE:
        for name in names:
            if hasattr(module, name):
                setattr(module, name, refuse(f"{module.__name__}.{name}".removeprefix("builtins."), what))

    # Its numbers would be those of the day of the build, in another order for each number of threads. Whoever wants the same
    # ones each time has `random.Random(SEED)`.
    shared = sys.modules.get("random")
    for name in _RANDOM if shared else ():
        setattr(shared, name, refuse(f"random.{name}", "random numbers"))
    before = builtins.__import__

    def import_again(name, globals=None, locals=None, fromlist=(), level=0):
        if level == 0 and name not in sys.modules:
            raise ImportError(f"import {name} at the top of the module: a running plugin has no files")
        return before(name, globals, locals, fromlist, level)

    builtins.__import__ = import_again


def _told(function):
    """Turns an exception into the plugin's answer: otherwise nobody would see what it says."""

    def call(*arguments):
        _leave_the_world()
        try:
            return function(*arguments)
        # All of them, for `sys.exit` raises one that is no `Exception`.
        except BaseException as error:
            place, own = error.__traceback__, __file__
            chosen = place
            while place:
                # The innermost place that is not in here: what the author wrote.
                if place.tb_frame.f_code.co_filename != own:
                    chosen = place
                place = place.tb_next
            file = chosen.tb_frame.f_code.co_filename.rsplit("/", 1)[-1]
            raise Err(f"{type(error).__name__}: {error} ({file}, line {chosen.tb_lineno})") from error

    return call


class Plugin:
    """The checks of a plugin."""

    def __init__(self):
        self._file, self._project, self._enabled = {}, {}, {}
        self._facts = lambda source, out: None

    def check(self, name):
        """Decorates a check of one file: `def check(source, params, out)`."""
        return lambda function: self._file.setdefault(name, function)

    def project_check(self, name):
        """Decorates a check over the facts of all files: `def check(files, params, out)`."""
        return lambda function: self._project.setdefault(name, function)

    def facts(self, function):
        """Decorates what records facts for them: `def facts(source, out)`."""
        self._facts = function
        return function

    def rules(self):
        """The class that the component exports; its name in the module must be `Rules`."""
        plugin = self

        # Each call gets an object of its own: what has to last is the plugin's.
        class Rules(exports.Rules):
            def configure(self, enabled):
                for rule in enabled:
                    if rule.check not in plugin._file and rule.check not in plugin._project:
                        raise Err(
                            f"rule `{rule.id}` names the check `{rule.check}`, which this plugin does not have"
                        )
                plugin._enabled = {rule.index: (rule.check, Params(rule.params)) for rule in enabled}

            @_told
            def check(self, file, run):
                source, out = Source(file), Out()
                for out.rule in run:
                    check, params = plugin._enabled[out.rule]
                    if check in plugin._file:
                        plugin._file[check](source, params, out)
                if any(plugin._enabled[rule][0] in plugin._project for rule in run):
                    plugin._facts(source, out)
                return Report(out.findings, out.facts)

            @_told
            def check_project(self, files, run):
                out = Out()
                for out.rule in run:
                    check, params = plugin._enabled[out.rule]
                    if check in plugin._project:
                        plugin._project[check](files, params, out)
                return out.findings

        return Rules
