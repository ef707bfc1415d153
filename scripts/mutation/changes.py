"""Small changes of Python code: an operator, a number, a condition, a statement less.

Annotations, docstrings, decorators and the words of messages are left alone.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Changes = Iterator[tuple[str, ast.AST, str]]
"""A kind of change, what it takes the place of, and the new text."""


@dataclass(frozen=True)
class Mutant:
    """One change of a file: its bytes from ``start`` to ``end`` become ``after``."""

    path: str
    line: int
    kind: str
    start: int
    end: int
    before: str
    after: str

    def applied(self, source: bytes) -> bytes:
        """The file with the change."""
        return source[: self.start] + self.after.encode() + source[self.end :]

    def is_python(self, source: bytes) -> bool:
        """Whether the file with the change can be read."""
        try:
            ast.parse(self.applied(source))
        except SyntaxError:
            return False
        return True

    def __str__(self) -> str:
        before, after = (" ".join(text.split()) for text in (self.before, self.after))
        return f"{self.path}:{self.line}  {self.kind}: {before}  ->  {after}"


def mutants_of(path: str, source: str) -> list[Mutant]:
    """All changes of a file; a few are no longer Python."""
    encoded, found = source.encode(), []
    starts = [0, *itertools.accumulate(len(line) for line in encoded.splitlines(keepends=True))]
    for kind, node, after in _changes(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        if kind == "once only":  # inserted after the last statement of the loop
            start, after = end, f"\n{' ' * node.col_offset}break"
        before = encoded[start:end].decode()
        found.append(Mutant(path, node.lineno, kind, start, end, before, after))
    return found


def _changes(node: ast.AST) -> Changes:
    for child in _children(node):
        for kind in type(child).__mro__:
            if kind in CHANGES:
                yield from CHANGES[kind](child)
        if not isinstance(child, ast.JoinedStr | ast.Raise):
            yield from _changes(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Those that say what the program does."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            words = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            shown = isinstance(child, ast.FunctionDef) and child.name in ("__repr__", "__str__")
            if isinstance(child, ast.AST) and not (words or shown or _for_types(child)):
                yield child


def _for_types(node: Any) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def _put(kind: str, node: ast.expr, new: ast.AST) -> tuple[str, ast.AST, str]:
    return kind, node, f"({ast.unparse(new)})"


def _with(node: Any, **fields: Any) -> Any:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


# --- expressions --------------------------------------------------------------------

COMPARISONS: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Mod: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
NOISY = {"len", "range", "enumerate", "iter", "next", "type", "super"}  # any test sees them go
QUIET = {"copy", "astype", "strip", "rstrip", "lstrip", "lower", "casefold", "clip"}


def _compare(node: ast.Compare) -> Changes:
    if len(node.ops) == 1:
        yield _put("comparison", node, _with(node, ops=[COMPARISONS[type(node.ops[0])]()]))


def _operator(node: ast.BinOp) -> Changes:
    if type(node.op) in OPERATORS:
        yield _put("operator", node, _with(node, op=OPERATORS[type(node.op)]()))


def _conditions(node: ast.BoolOp) -> Changes:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _put("and, or", node, _with(node, op=other))
    for n in range(len(node.values)):
        rest = node.values[:n] + node.values[n + 1 :]
        less = _with(node, values=rest) if len(rest) > 1 else rest[0]
        yield _put("one condition less", node, less)


def _sign(node: ast.UnaryOp) -> Changes:
    if isinstance(node.op, ast.Not | ast.USub):
        yield _put("sign", node, node.operand)


def _constant(node: ast.Constant) -> Changes:
    match node.value:
        case bool() as value:
            yield "constant", node, str(not value)
        case int() as value:
            yield "constant", node, str(value + 1)
            if value > 0:
                yield "constant", node, str(value - 1)
        case float() as value:
            yield "constant", node, str(2 * value or 1.0)


def _choice(node: ast.IfExp) -> Changes:
    yield _put("always", node, node.body)
    yield _put("never", node, node.orelse)


def _slice(node: ast.Slice) -> Changes:
    for name in ("lower", "upper", "step"):
        if getattr(node, name):
            yield "slice", node, ast.unparse(_with(node, **{name: None}))


def _call(node: ast.Call) -> Changes:
    for n in range(len(node.keywords)):
        rest = node.keywords[:n] + node.keywords[n + 1 :]
        yield _put("argument dropped", node, _with(node, keywords=rest))
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in QUIET:
            yield _put("call dropped", node, value)
        case ast.Call(func=ast.Name(id=name), args=[only], keywords=[]) if name not in NOISY:
            if not isinstance(only, ast.Starred | ast.GeneratorExp):
                yield _put("call dropped", node, only)
        case ast.Call(args=[ast.Name() as first, ast.Name() as second, *rest]):
            yield _put("swapped", node, _with(node, args=[second, first, *rest]))


def _comprehension(node: Any) -> Changes:
    for n, part in enumerate(node.generators):
        if part.ifs:
            parts = list(node.generators)
            parts[n] = _with(part, ifs=[])
            yield _put("no filter", node, _with(node, generators=parts))


# --- statements ---------------------------------------------------------------------


def _if(node: ast.If) -> Changes:
    yield "never", node.test, "False"
    yield "always", node.test, "True"


def _loop(node: ast.For | ast.While) -> Changes:
    yield "once only", node.body[-1], ""


def _deleted(node: ast.stmt) -> Changes:
    yield "deleted", node, "pass"


def _augmented(node: ast.AugAssign) -> Changes:
    if type(node.op) in OPERATORS:
        yield "operator", node, ast.unparse(_with(node, op=OPERATORS[type(node.op)]()))
    yield "set, not changed", node, f"{ast.unparse(node.target)} = {ast.unparse(node.value)}"
    yield from _deleted(node)


def _assigned(node: ast.Assign) -> Changes:
    """Without the first assignment of a name, any test would fail."""
    (target, *_), value = node.targets, node.value
    names = {part.id for part in ast.walk(value) if isinstance(part, ast.Name)}
    again = isinstance(target, ast.Name) and target.id in names
    if again or isinstance(target, ast.Attribute | ast.Subscript):
        yield from _deleted(node)


def _statement(node: ast.Expr) -> Changes:
    if isinstance(node.value, ast.Call):
        yield from _deleted(node)


def _with_nothing(node: ast.With) -> Changes:
    for item in node.items:
        if item.optional_vars is None:
            yield "with nothing", item.context_expr, "__import__('contextlib').nullcontext()"


CHANGES: dict[type, Callable[[Any], Changes]] = {
    ast.Compare: _compare,
    ast.BinOp: _operator,
    ast.BoolOp: _conditions,
    ast.UnaryOp: _sign,
    ast.Constant: _constant,
    ast.IfExp: _choice,
    ast.Slice: _slice,
    ast.Call: _call,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.DictComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.If: _if,
    ast.For: _loop,
    ast.While: _loop,
    ast.AugAssign: _augmented,
    ast.Assign: _assigned,
    ast.Expr: _statement,
    ast.With: _with_nothing,
    **dict.fromkeys((ast.Raise, ast.Assert, ast.Continue, ast.Break, ast.Delete), _deleted),
}
