import { useEffect } from "react";
import { tinykeys } from "tinykeys";
import { isSingleKey } from "../../base/shortcut";
import { type Command, useAllCommands } from "../../state/commands";

/**
 * Binds the shortcuts of all commands to the window. Keys that are also text
 * work only outside of text fields, and only while they are switched on; none
 * works behind an open dialog, nor where a view has dealt with the key itself.
 */
export function useKeyBindings(areSingleKeysOn: boolean): void {
  const commands = useAllCommands();
  useEffect(() => {
    const bound = commands.filter(
      ({ shortcut }) => shortcut !== undefined && (areSingleKeysOn || !isSingleKey(shortcut)),
    );
    const bindings = Object.fromEntries(
      // Of two commands with the same keys the first one has them.
      bound.toReversed().map((command) => [tolerant(command.shortcut ?? ""), handlerOf(command)]),
    );
    return tinykeys(window, bindings, { ignore: () => false });
  }, [commands, areSingleKeysOn]);
}

/** A sign may need Shift or AltGr on some keyboards. */
function tolerant(shortcut: string): string {
  return /^[^\p{L}\p{N}\s]$/u.test(shortcut) ? `[Shift]+[Alt]+[Control]+${shortcut}` : shortcut;
}

function handlerOf(command: Command): (event: KeyboardEvent) => void {
  const isSingle = isSingleKey(command.shortcut ?? "");
  return (event) => {
    if (event.defaultPrevented || event.isComposing || isModalOpen()) return;
    if (isSingle && (takesText(event.target) || isChord(event))) return;
    // Without this the browser's own shortcut would surprise.
    event.preventDefault();
    // A key held down moves on; one held by accident toggles nothing.
    if (command.obstacle === undefined && (isSingle || !event.repeat)) command.run();
  };
}

function isModalOpen(): boolean {
  return document.querySelector("dialog[open]") !== null;
}

/** Ctrl or Alt pressed as such, and not as a part of AltGr. */
function isChord(event: KeyboardEvent): boolean {
  return (event.ctrlKey || event.altKey || event.metaKey) && !event.getModifierState("AltGraph");
}

const kTextFields = "input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select";

function takesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches(kTextFields);
}
