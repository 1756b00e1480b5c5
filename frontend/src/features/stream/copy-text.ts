import type { TokenColumns } from "../../state/token-columns";

/** The real text of what is marked with the pointer inside `box`; undefined: nothing is. */
export function markedText(tokens: TokenColumns, box: Element): string | undefined {
  const selection = window.getSelection();
  if (selection === null || selection.isCollapsed) return undefined;
  const ends = [selection.anchorNode, selection.focusNode].map((node) => indexOf(node, box));
  const [a, b] = ends;
  if (a === undefined || b === undefined) return undefined;
  return tokens.text(Math.min(a, b), Math.max(a, b) + 1);
}

function indexOf(node: Node | null, box: Element): number | undefined {
  const element = node instanceof Element ? node : node?.parentElement;
  const index = element?.closest("[data-index]");
  if (index === null || index === undefined || !box.contains(index)) return undefined;
  return Number(index.getAttribute("data-index"));
}

/** Puts text on the clipboard; false: the browser does not let the page. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages from other machines have no clipboard unless they are encrypted.
    return copyThroughDocument(text);
  }
}

function copyThroughDocument(text: string): boolean {
  const onCopy = (event: ClipboardEvent) => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("copy", onCopy, { capture: true });
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    document.removeEventListener("copy", onCopy, { capture: true });
  }
}
