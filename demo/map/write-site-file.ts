import { writeFileSync } from "node:fs";
import { composeSiteFile } from "./compose-site-file.ts";
import { demoSiteFile } from "./site-file.ts";

writeFileSync(new URL("../plainview.yaml", import.meta.url), demoSiteFile());
writeFileSync(new URL("../compose.yaml", import.meta.url), composeSiteFile());
