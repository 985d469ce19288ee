import { testBeside } from "./interop.ts";

await testBeside("fastdds");
