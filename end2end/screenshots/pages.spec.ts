import { join } from "node:path";

import { expect, test } from "../support/fixtures.ts";
import { SIGNED_OUT, choose, enter, signedIn } from "../support/pages.ts";
import { ROOT } from "../support/server.ts";

// Pictures of every page with the sample data, for whoever changes one, in end2end/pictures:
//
//     npx playwright test --config screenshots.config.ts pages

for (const theme of ["light", "dark"] as const) {
  for (const width of [1440, 768, 390]) {
    test(`${width} ${theme}`, async ({ sample, person, another }) => {
      test.setTimeout(180_000);
      const viewport = { width, height: width === 390 ? 844 : 900 };
      await sample.pay(await sample.customer("John Doe"), "50.00");
      const admin = await another({ viewport });
      await person.page.setViewportSize(viewport);
      await choose(person, theme);
      await choose(admin, theme);
      await enter(admin);
      const views = [
        ...SIGNED_OUT.map((view) => ({ view, who: person })),
        ...(await signedIn(sample)).map((view) => ({ view, who: admin })),
      ];
      for (const { view, who } of views) {
        await view.show(who);
        if (who === admin && view.name !== "not-found") {
          await expect(who.liveState("Live")).toBeAttached();
        }
        await who.page.screenshot({ path: join(ROOT, "end2end/pictures", `${view.name}-${width}-${theme}.png`) });
      }
    });
  }
}
