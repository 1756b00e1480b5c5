import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { kGlossary } from "../base/glossary";
import { Help } from "./help";

describe("someone who does not know a word", () => {
  it("opens its explanation by keyboard, hears it, and closes it with Escape", async () => {
    const person = userEvent.setup();
    render(<Help term="rawProbability" />);
    await person.tab();
    const button = screen.getByRole("button", { name: "Explain raw probability" });
    expect(document.activeElement).toBe(button);
    await person.keyboard("{Enter}");
    expect(await screen.findByText(/softmax over all logits/)).toBeDefined();
    const spoken = screen.getByText(/softmax over all logits/).closest("[aria-live]");
    expect(spoken?.textContent).toContain("Raw probability");
    expect(button.getAttribute("aria-expanded")).toBe("true");
    await person.keyboard("{Escape}");
    expect(screen.queryByText(/softmax over all logits/)).toBeNull();
    expect(document.activeElement).toBe(button);
  });

  it("has it closed by a click elsewhere", async () => {
    const person = userEvent.setup();
    render(
      <>
        <Help term="entropy" />
        <p>elsewhere</p>
      </>,
    );
    await person.click(screen.getByRole("button", { name: "Explain entropy" }));
    await screen.findByText(/undecided/);
    await person.click(screen.getByText("elsewhere"));
    expect(screen.queryByText(/undecided/)).toBeNull();
  });

  it("reads whole sentences only", () => {
    for (const [term, { title, text }] of Object.entries(kGlossary)) {
      expect(title, term).not.toBe("");
      expect(text, term).toMatch(/^[A-Z].*\.$/);
    }
  });
});
