/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */
export const AGENT_SHA256 = "ba68efc9f77e38a867395f41ee61e72ef3056ed6531debcefe564b23d8f56322";
