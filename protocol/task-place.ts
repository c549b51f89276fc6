import { LIMITS } from "./limits";

/** @returns the word of a task and its bit in it */
export function placeOf(task: number): { word: number; bit: number } {
  return { word: Math.floor(task / LIMITS.tasksPerWord), bit: task % LIMITS.tasksPerWord };
}
