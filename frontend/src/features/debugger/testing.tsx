// What the debugger's tests have in common: a run with a token that waits.
import { act, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { asPosition, asRunId } from "../../base/brand";
import { aLoadedModel, aStep, aToken, FakeConnection } from "../../connection/fake-connection";
import type { Candidate, Request, RunSummary, StepDetail } from "../../protocol/types";
import { Commands, CommandsContext } from "../../state/commands";
import { StudioContext } from "../../state/hooks";
import { Studio } from "../../state/studio";

export const kRun = asRunId(1);

export function aCandidate(id: number, text: string, p: number, changes: Partial<Candidate> = {}): Candidate {
  const token = aToken(id, text);
  return { token, logit: 1, rawLogprob: Math.log(p), finalProb: p, removedBy: undefined, ...changes };
}

export const kCat = aCandidate(2, " cat", 0.25);
export const kDog = aCandidate(1, " dog", 0.5);

/** A step that could also have been another one. */
export function aChoice(position: number, changes: Partial<StepDetail> = {}): StepDetail {
  const { token, rawLogprob } = kCat;
  return aStep(position, " cat", {
    position: asPosition(position),
    token,
    rawLogprob,
    candidates: [kDog, kCat, aCandidate(3, " cow", 0.1, { removedBy: 1, finalProb: undefined })],
    nTop: 3,
    ...changes,
  });
}

export function aSummary(run: number, changes: Partial<RunSummary> = {}): RunSummary {
  return {
    run: asRunId(run),
    model: aLoadedModel().model,
    modelName: "stories.gguf",
    lastSeq: 9,
    nGenerated: 2,
    nPrompt: 1,
    finished: true,
    paused: false,
    prompt: `prompt ${run}`,
    ...changes,
  };
}

export interface Opened {
  readonly server: FakeConnection;
  readonly studio: Studio;
  readonly commands: Commands;
  readonly person: ReturnType<typeof userEvent.setup>;
}

/** A connected studio that shows a view of run 1, which has three tokens. */
export async function open(view: (studio: Studio) => ReactNode, storage?: Storage): Promise<Opened> {
  const server = new FakeConnection();
  const studio = new Studio(server, storage);
  const commands = new Commands();
  studio.record(kRun);
  server.models({ loaded: [aLoadedModel()] });
  await act(async () => {
    server.ready();
    server.started(1);
    server.steps(1, [aStep(0, "The", { isPrompt: true }), aStep(1, " old"), aChoice(2)]);
  });
  await act(async () => {
    render(
      <StudioContext value={studio}>
        <CommandsContext value={commands}>{view(studio)}</CommandsContext>
      </StudioContext>,
    );
  });
  return { server, studio, commands, person: userEvent.setup() };
}

export function requestsOf<Kind extends Request["kind"]>(server: FakeConnection, kind: Kind) {
  return server.requests.filter((one): one is Extract<Request, { kind: Kind }> => one.kind === kind);
}
