/** Circles in a graph: groups of nodes that lead to each other (Tarjan's strongly connected components). */

interface Node {
  index: number;
  low: number;
  isOpen: boolean;
}

/** Each circle as its sorted nodes; a node that leads to itself is one, too. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const seen = new Map<string, Node>();
  const open: string[] = [];
  const found: string[][] = [];

  const visit = (name: string): Node => {
    const node = { index: seen.size, low: seen.size, isOpen: true };
    seen.set(name, node);
    open.push(name);
    for (const next of graph.get(name) ?? []) {
      const other = seen.get(next) ?? visit(next);
      if (other.isOpen) node.low = Math.min(node.low, other.low);
    }
    if (node.low === node.index) close(name);
    return node;
  };
  const close = (name: string): void => {
    const group = open.splice(open.indexOf(name));
    for (const member of group) seen.get(member)!.isOpen = false;
    if (group.length > 1 || graph.get(name)?.includes(name)) found.push(group.sort());
  };

  for (const name of graph.keys()) if (!seen.has(name)) visit(name);
  return found;
}
