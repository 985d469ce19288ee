import { testBeside } from "./interop.ts";

await testBeside("cyclone");
