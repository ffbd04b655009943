import { ADA, expect, test } from "../support/fixtures.ts";
import { SIGNED_OUT, choose, enter, signedIn } from "../support/pages.ts";
import type { Person } from "../support/person.ts";

for (const [device, width, height] of [
  ["a phone", 390, 844],
  ["a tablet", 768, 1024],
  ["a desk", 1440, 900],
] as const) {
  test(`nothing is cut off on ${device}, ${width} wide`, async ({ sample, person, another }, info) => {
    test.setTimeout(120_000);
    const admin = await another({ viewport: { width, height }, reducedMotion: "reduce" });
    await person.page.setViewportSize({ width, height });
    await choose(person, "light");
    await choose(admin, "light");
    await enter(admin);
    const views = [
      ...SIGNED_OUT.map((view) => ({ view, who: person })),
      ...(await signedIn(sample)).map((view) => ({ view, who: admin })),
    ];
    const tooWide: string[] = [];
    for (const { view, who } of views) {
      await view.show(who);
      // For people to look at.
      await who.page.screenshot({ path: info.outputPath(`${view.name}-${width}.png`) });
      const sticking = await sticksOut(who);
      if (sticking) {
        tooWide.push(`${view.name}: ${sticking}`);
      }
    }
    expect(tooWide).toEqual([]);
  });
}

test("a telephone has five places in reach of the thumb, and the others under “More”", async ({ ada, person }) => {
  void ada;
  await person.page.setViewportSize({ width: 390, height: 844 });
  await person.arrive(ADA);
  const bar = person.page.getByRole("navigation", { name: "Main" });
  const links = bar.getByRole("link");
  const atHand = ["Customers", "Invoices", "Payments", "Inbox"];
  await expect(links).toHaveText(atHand);
  const more = person.button("More", bar);
  for (const target of [...(await links.all()), more]) {
    const box = await target.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0), "as large as a fingertip").toBeGreaterThanOrEqual(44);
    const size = await target.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
    expect(size, "large enough to read").toBeGreaterThanOrEqual(11);
  }

  await more.click();
  await expect(links).toHaveText([...atHand, "Desk", "Ageing", "Import", "Users"]);
  await person.link("Ageing", bar).click();
  await expect(person.heading("Ageing")).toBeVisible();
  await expect(links, "the menu closed").toHaveText(atHand);
});

/** What makes the page scroll sideways, if it does. */
async function sticksOut(person: Person): Promise<string | undefined> {
  return person.page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if ((document.scrollingElement?.scrollWidth ?? 0) <= width) {
      return undefined;
    }
    const culprits = [...document.body.querySelectorAll("*")]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .slice(0, 5)
      .map((element) => `<${element.tagName.toLowerCase()} class="${element.getAttribute("class") ?? ""}">`);
    return `${document.scrollingElement?.scrollWidth} wide; ${culprits.join(" ")}`;
  });
}
