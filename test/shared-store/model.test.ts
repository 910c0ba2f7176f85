import { modelSuite } from "./model-suite.ts";

modelSuite("with codes as they come", 60);
