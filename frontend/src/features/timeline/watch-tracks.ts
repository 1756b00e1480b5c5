import { useMemo } from "react";
import { decodeWithEscapes } from "../../base/utf8";
import { quoted } from "../../base/visible-text";
import { watchKey } from "../../connection/watched-columns";
import type { Watch } from "../../protocol/debug-types";
import type { RunRecord } from "../../state/run-record";
import { kTracks, probabilityTrack, type Track } from "./tracks";

/** More tracks than this leave none of them any height. */
const kMostWatches = 4;
/** Told apart by more than colour. */
const kDashes: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

/** The usual tracks, and one for each watch of which the run holds something; the newest where there are many. */
export function useTracks(record: RunRecord, own: readonly Track[] | undefined): readonly Track[] {
  const keys = record.tokens.watchKeys.slice(-kMostWatches).join("\n");
  const { watches } = record.debugging;
  return useMemo(() => {
    if (keys === "") return own ?? kTracks;
    const names = new Map(watches.map((watch) => [watchKey(watch), nameOf(watch)]));
    const ofWatches = keys.split("\n").map((key, at) => watchTrack(key, names.get(key) ?? key.slice(1), at));
    return [...(own ?? kTracks), ...ofWatches];
  }, [keys, watches, own]);
}

function watchTrack(key: string, name: string, at: number): Track {
  return probabilityTrack({
    id: `watch ${key}`,
    label: name,
    colour: `--track-watch-${at % kMostWatches}`,
    dash: kDashes[at % kDashes.length] ?? [],
    value: (tokens, index) => tokens.watchedProb(key, index) ?? Number.NaN,
  });
}

function nameOf({ word, ids, tokens = [] }: Watch): string {
  if (word !== undefined) return quoted(word);
  const texts = tokens.map(({ bytes }) => quoted(decodeWithEscapes(bytes)));
  return texts.length > 0 ? texts.join(", ") : `token ${ids?.join(", ")}`;
}
