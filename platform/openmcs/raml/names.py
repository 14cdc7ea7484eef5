"""Names of types and annotations: what a name means in the file where it is written."""

from __future__ import annotations

from openmcs.raml.load import Loader, Unreadable
from openmcs.raml.node import Node

SECTIONS = ("types", "schemas", "annotationTypes", "securitySchemes")


def declared(section: Node | None) -> list[tuple[str, Node]]:
    """Names and bodies of a section: a mapping in 1.0, a list of mappings in 0.8."""
    if section is None:
        return []
    if section.is_map:
        return list(section.items())
    return [pair for each in section.elements() for pair in each.items()]


class Names:
    """
    The declarations that each file of an API may refer to.

    A name resolves in the file that writes it, by its own declarations and its `uses`. What it does not have
    is looked for in the root: a parameter's value ends up in the file of the trait that it fills.
    """

    def __init__(self, root: Node, loader: Loader) -> None:
        self._loader = loader
        self._root = root
        self._files: dict[str, dict[str, dict[str, Node]]] = {}
        self._making: set[str] = set()
        self._own = self._scope(root, root.place.file)

    def find(self, name: str, file: str, *sections: str) -> Node | None:
        """The declaration of *name* as *file* sees it, in the first of *sections* that has it."""
        for scope in (self.of_file(file), self._own):
            for section in sections or ("types", "schemas"):
                node = scope.get(section, {}).get(name)
                if node is not None:
                    return node
        return None

    def known(self, file: str, *sections: str) -> list[str]:
        """All names that *file* may write."""
        names: set[str] = set()
        for scope in (self.of_file(file), self._own):
            for section in sections or ("types", "schemas"):
                names.update(scope.get(section, {}))
        return sorted(names)

    def of_file(self, file: str) -> dict[str, dict[str, Node]]:
        """Section to name to declaration."""
        if file not in self._files and file not in self._making:
            tree = self._loader.tree(file)
            self._files[file] = self._scope(tree, file) if tree is not None and tree.is_map else {}
        return self._files.get(file, {})

    def _scope(self, tree: Node, file: str) -> dict[str, dict[str, Node]]:
        self._making.add(file)
        scope: dict[str, dict[str, Node]] = {section: dict(declared(tree.get(section))) for section in SECTIONS}
        for alias, target in declared(tree.get("uses")):
            try:
                library = target if target.is_map else self._loader.include(target.text(), target.place)
            except Unreadable:
                # Said when the libraries were applied.
                continue
            other = library.place.file
            if other in self._making and other not in self._files:
                continue
            for section, names in self.of_file(other).items():
                scope[section].update({f"{alias}.{name}": node for name, node in names.items() if "." not in name})
        self._files[file] = scope
        self._making.discard(file)
        return scope
