/** The HTTP clients: which calls return a response, and what each member does to it. */
export { functionsGivenTo, mayCallBack, mayGiveResponse, takesFunction } from './candidate.js';
export { memberUse, startsFlow } from './members.js';
export { packageOf, STANDARD } from './package-of.js';
export { calledDeclaration, namesHead, requestCallOf } from './request-call.js';
export { responseOf } from './response-type.js';
export { namesSpecified, specifierProblem } from './specifier.js';
export type { ClientSpecifier } from './specifier.js';
export type { RequestCall } from './request-call.js';
export { abortControllers, abortsFinally, dispatchersOf } from './request-options.js';
export { untypedRequest } from './untyped.js';
export { asSibling, awaited, holds, listOf, promiseOf, recordOf, settledOf, shape, shapeKey, siblingOf } from './shape.js';
export type { ClientName, Constant, Shape, Sibling, Siblings } from './shape.js';
